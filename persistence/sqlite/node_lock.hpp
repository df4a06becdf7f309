#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "dspex/error.hpp"
#include "dspex/id.hpp"

namespace dspex {

/// The sign of life of a node: a file beside the store, `STORE.node-UUID.lock`,
/// that the kernel keeps locked as long as this object and its process live.
///
/// A file that can be locked belongs to a dead node, from the moment the node
/// dies. A sweeper holds the lock of a dead node while it closes the node's
/// work; it makes the file if there is none. So two sweepers, or a sweeper and
/// a node that starts, never work on the same node. The destructor removes the
/// file while it is still locked, and a lock counts only if its file still has
/// its name, so that no process ever relies on the lock of a removed file.
class node_lock {
public:
  /// Takes the lock for the node itself; waits for a sweeper that holds it.
  /// @returns `errc::conflict` if another process lives under the id.
  [[nodiscard]] static result<std::shared_ptr<const node_lock>>
  acquire(const std::filesystem::path& store, node_id node,
          std::chrono::milliseconds timeout);

  /// Takes the lock of a node that may be dead. Returns null if the node lives,
  /// or if that cannot be found out.
  [[nodiscard]] static std::unique_ptr<const node_lock>
  try_acquire(const std::filesystem::path& store, node_id node);

  /// Returns whether the node lives, or a sweeper closes its work at present;
  /// leaves no trace.
  [[nodiscard]] static bool is_held(const std::filesystem::path& store,
                                    node_id node);

  /// Returns the nodes that have a lock file beside the store.
  [[nodiscard]] static std::vector<node_id>
  list(const std::filesystem::path& store);

  node_lock(std::filesystem::path file, int fd);
  ~node_lock();

  node_lock(const node_lock&) = delete;
  node_lock& operator=(const node_lock&) = delete;

private:
  std::filesystem::path file_;
  int fd_;
};

} // namespace dspex
