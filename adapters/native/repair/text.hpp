#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dspex::detail {

/// Whether Python's `str.isalnum` holds, as far as quotes and names need it.
[[nodiscard]] bool is_alphanumeric(char32_t c);
[[nodiscard]] bool is_letter(char32_t c);
[[nodiscard]] bool is_blank(char32_t c);
[[nodiscard]] bool is_quote(char32_t c);

inline bool is_digit(char32_t c) {
  return c >= '0' && c <= '9';
}

inline bool is_one_of(char32_t c, std::u32string_view wanted) {
  return c != 0 && wanted.find(c) != std::u32string_view::npos;
}

[[nodiscard]] std::u32string decode_text(std::string_view text);
[[nodiscard]] std::string encode_text(std::u32string_view text);

/// The text that is repaired, and the place that its readers have come to.
///
/// Every guess looks ahead in the text, so the number of characters looked at
/// is counted. When too many are, the text is given up: it seems to end here.
class repair_text {
public:
  explicit repair_text(std::u32string text);

  // -- characters -------------------------------------------------------------

  /// The character at a position; 0 beyond either end.
  [[nodiscard]] char32_t at(ptrdiff_t pos);

  /// The character at the reader's place.
  [[nodiscard]] char32_t now() {
    return at(pos);
  }

  [[nodiscard]] ptrdiff_t size() const {
    return static_cast<ptrdiff_t>(text_.size());
  }

  /// The characters from one position to another, or to the end.
  /// @pre `first >= 0`
  [[nodiscard]] std::u32string_view slice(ptrdiff_t first,
                                          ptrdiff_t last) const;

  [[nodiscard]] bool starts_with(std::u32string_view wanted,
                                 ptrdiff_t from) const;

  // -- looking ahead ----------------------------------------------------------

  [[nodiscard]] ptrdiff_t skip_blanks(ptrdiff_t from);

  /// The position of the first of the characters that no backslash escapes, or
  /// the end.
  [[nodiscard]] ptrdiff_t find(std::u32string_view wanted, ptrdiff_t from);

  /// The position behind a comment `/* ... */`, or the end.
  [[nodiscard]] ptrdiff_t skip_block_comment(ptrdiff_t from) const;

  // -- changes ----------------------------------------------------------------

  /// Replaces the characters from one position to another, or to the end.
  void replace(ptrdiff_t first, ptrdiff_t last, std::u32string_view by);

  /// Counts work beside the looking at characters.
  void charge(size_t steps);

  /// Makes the text empty, which ends every loop over it.
  void give_up();

  [[nodiscard]] bool gave_up() const {
    return gave_up_;
  }

  /// The reader's place.
  ptrdiff_t pos = 0;

private:
  std::u32string text_;
  size_t steps_left_;
  bool gave_up_ = false;
};

} // namespace dspex::detail
