#include "persistence/sqlite/store.hpp"

namespace dspex {

sqlite_store::sqlite_store(const sqlite_file& file, access mode, node_id node,
                           std::shared_ptr<const node_lock> life)
  : life_(std::move(life)),
    connection_(file, mode, false),
    mode_(mode),
    node_(node) {
}

} // namespace dspex
