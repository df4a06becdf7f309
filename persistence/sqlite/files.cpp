#include "persistence/sqlite/files.hpp"

#include <filesystem>

#include "persistence/sqlite/node_lock.hpp"
#include "persistence/sqlite/target.hpp"

namespace dspex {

std::optional<store_files> inspect_store_files(const std::string& url) {
  if (!is_sqlite(url))
    return std::nullopt;
  auto file = locate_sqlite({.url = url});
  if (!file)
    return std::nullopt;
  auto path = std::filesystem::path{file->path};
  auto ec = std::error_code{};
  auto space = std::filesystem::space(path.parent_path(), ec);
  if (ec)
    return std::nullopt;
  auto out = store_files{};
  out.free_bytes = space.available;
  for (auto& node : node_lock::list(path)) {
    if (node_lock::is_held(path, node))
      out.live_nodes.push_back(node);
    else
      ++out.dead_nodes;
  }
  return out;
}

} // namespace dspex
