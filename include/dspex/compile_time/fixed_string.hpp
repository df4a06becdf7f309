#pragma once

#include <cstddef>
#include <string_view>

namespace dspex::compile_time {

/// A text as an argument of a template. Its members are public because C++ asks
/// for that.
template <size_t N>
struct fixed_string {
  constexpr fixed_string() = default;

  constexpr fixed_string(const char (&text)[N]) {
    for (size_t i = 0; i < N; ++i)
      chars[i] = text[i];
  }

  [[nodiscard]] constexpr std::string_view view() const noexcept {
    return {chars, N - 1};
  }

  /// The characters of the text, with a zero at the end.
  char chars[N] = {};
};

/// A sentence in the output of the compiler, put together while compiling. The
/// end of a sentence that is too long is cut off.
class sentence {
public:
  constexpr sentence& add(std::string_view text) noexcept {
    for (auto c : text)
      if (size_ < max_size)
        chars_[size_++] = c;
    return *this;
  }

  constexpr sentence& add(size_t number) noexcept {
    char digits[20] = {};
    size_t first = sizeof(digits);
    do {
      digits[--first] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0);
    return add(std::string_view{digits + first, sizeof(digits) - first});
  }

  /// Adds a part of the user's text in quotes, cut to a readable length.
  constexpr sentence& add_quoted(std::string_view text) noexcept {
    constexpr size_t max_length = 40;
    auto cut = text.size() > max_length;
    return add("`")
      .add(cut ? text.substr(0, max_length) : text)
      .add(cut ? "...`" : "`");
  }

  [[nodiscard]] constexpr bool empty() const noexcept {
    return size_ == 0;
  }

  [[nodiscard]] constexpr size_t size() const noexcept {
    return size_;
  }

  [[nodiscard]] constexpr std::string_view view() const noexcept {
    return {chars_, size_};
  }

private:
  static constexpr size_t max_size = 500;

  char chars_[max_size] = {};
  size_t size_ = 0;
};

/// The sentence as an argument for a template, whose name the compiler prints.
/// @param Sentence of static storage duration.
template <const sentence& Sentence>
consteval auto freeze() {
  fixed_string<Sentence.size() + 1> result;
  for (size_t i = 0; i < Sentence.size(); ++i)
    result.chars[i] = Sentence.view()[i];
  return result;
}

} // namespace dspex::compile_time
