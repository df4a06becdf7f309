#include "persistence/postgres/store.hpp"

namespace dspex {

postgres_store::postgres_store(const postgres_target& target,
                               std::shared_ptr<postgres_watchdog> watchdog,
                               access mode,
                               std::shared_ptr<postgres_lease> life)
  : target_(target),
    watchdog_(std::move(watchdog)),
    mode_(mode),
    life_(std::move(life)) {
}

} // namespace dspex
