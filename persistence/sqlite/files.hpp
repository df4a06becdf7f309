#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dspex/id.hpp"

namespace dspex {

/// What is to be seen of a store from outside, without opening it.
struct store_files {
  /// Nodes that have it open, the asker's own among them.
  std::vector<node_id> live_nodes;
  /// Nodes that ended without a goodbye, and whose sign of life still lies
  /// there. What they left unfinished is closed at the next start.
  size_t dead_nodes = 0;
  /// For an unprivileged process, on the file system of the store.
  uint64_t free_bytes = 0;
};

/// Looks at the files of a store; leaves no trace.
/// @param url as in `database_options`.
/// @returns nothing for a store that is no file on this machine, or whose
///          directory cannot be looked at.
[[nodiscard]] std::optional<store_files>
inspect_store_files(const std::string& url);

} // namespace dspex
