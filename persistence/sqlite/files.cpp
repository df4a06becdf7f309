#include "persistence/sqlite/files.hpp"

#include <filesystem>
#include <string_view>

#include "persistence/sqlite/node_lock.hpp"

namespace dspex {

std::optional<store_files> inspect_store_files(const std::string& url) {
  constexpr auto scheme = std::string_view{"sqlite:"};
  if (!url.starts_with(scheme))
    return std::nullopt;
  auto ec = std::error_code{};
  auto path = std::filesystem::weakly_canonical(
    std::filesystem::absolute(url.substr(scheme.size()), ec), ec);
  if (ec)
    return std::nullopt;
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
