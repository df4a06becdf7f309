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
/// Const access is thread safe. Patterns live as long as the pool, also when
/// it is moved.
class pattern_pool {
public:
  pattern_pool();
  pattern_pool(pattern_pool&&) noexcept;
  pattern_pool& operator=(pattern_pool&&) noexcept;
  ~pattern_pool();

  /// Compiles a pattern unless it is there already.
  /// @returns why it is refused, if it is: bad syntax, or too much memory for
  ///          it or for all patterns together.
  [[nodiscard]] std::optional<std::string> add(const std::string& pattern);

  /// Returns a pattern that was added before.
  [[nodiscard]] const re2::RE2& get(const std::string& pattern) const;

private:
  std::map<std::string, std::unique_ptr<const re2::RE2>> patterns_;
  /// Instructions of all compiled programs.
  size_t program_size_ = 0;
};

} // namespace dspex::detail
