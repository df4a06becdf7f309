#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace re2 {
class RE2;
} // namespace re2

namespace dspex::detail {

/// The compiled patterns of one signature, each compiled once.
///
/// Const access is thread safe. A pattern stays where it is as long as the pool
/// lives, also when the pool is moved.
class pattern_pool {
public:
  pattern_pool();
  pattern_pool(pattern_pool&&) noexcept;
  pattern_pool& operator=(pattern_pool&&) noexcept;
  ~pattern_pool();

  /// Compiles a pattern unless the pool has it already.
  /// @returns why the pattern is refused, if so: bad syntax, or too much memory
  ///          for this pattern or for all together.
  [[nodiscard]] std::optional<std::string> add(const std::string& pattern);

  /// Returns a pattern that was added before.
  [[nodiscard]] const re2::RE2& get(const std::string& pattern) const;

private:
  std::map<std::string, std::unique_ptr<const re2::RE2>> patterns_;
  /// How many instructions all compiled patterns have together.
  size_t program_size_ = 0;
};

} // namespace dspex::detail
