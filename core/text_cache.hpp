#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dspex/error.hpp"
#include "dspex/id.hpp"

namespace dspex {

/// A text that can be made again, and the time when it was made.
struct cached_text {
  std::string key;
  std::string text;
  timestamp written;
};

/// Keeps texts beyond the life of a process. It may forget any of them at any
/// time. One thread may use it at a time.
class text_cache {
public:
  virtual ~text_cache() = default;

  /// @returns `store_unavailable` and the like if it cannot be read.
  [[nodiscard]] virtual result<std::optional<cached_text>>
  find(const std::string& key) = 0;

  /// Adds texts, or replaces those of the same key.
  [[nodiscard]] virtual result<void> put(const std::vector<cached_text>& x) = 0;
};

} // namespace dspex
