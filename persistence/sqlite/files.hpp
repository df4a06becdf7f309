#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dspex/id.hpp"

namespace dspex {

/// The state of a store that its files show, without opening the store.
struct store_files {
  /// The nodes that have the store open, that of the caller among them.
  std::vector<node_id> live_nodes;
  /// The number of nodes that ended without removing their sign of life. The
  /// next start closes the work that they left unfinished.
  size_t dead_nodes = 0;
  /// The space on the file system of the store that is free for an unprivileged
  /// process.
  uint64_t free_bytes = 0;
};

/// Reads the state of a store from its files; leaves no trace.
/// @param url the URL of the store, as in `database_options`.
/// @returns nothing for a store that is no file on this machine, or whose
///          directory cannot be read.
[[nodiscard]] std::optional<store_files>
inspect_store_files(const std::string& url);

} // namespace dspex
