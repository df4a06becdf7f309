#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dspex {

// These functions do with text what CPython 3.11 does. Prompts of DSPy are made
// of this, so each function must give the same bytes. Text is UTF-8; a byte
// that is not part of a sequence counts as one character. Pure functions,
// thread safe.

/// The length in bytes of the character at `pos`, at least 1.
/// @pre pos < text.size()
[[nodiscard]] size_t character_length(std::string_view text, size_t pos);

/// One character, and the bytes it takes.
struct decoded_character {
  /// A byte out of place has a code beyond Unicode, so that it is never a
  /// space.
  char32_t code = 0;
  size_t length = 1;
};

/// Decodes the character that starts the text.
/// @pre !text.empty()
[[nodiscard]] decoded_character decode_character(std::string_view text);

/// Appends a character in UTF-8; U+FFFD for what JSON cannot carry: NUL, halves
/// of surrogate pairs, and numbers beyond Unicode.
void append_character(std::string& out, char32_t code);

/// Whether `str.isspace` holds.
[[nodiscard]] bool is_python_space(char32_t c);

/// Whether a line ends at it for `str.splitlines`.
[[nodiscard]] bool is_python_line_end(char32_t c);

/// `len(text)`.
[[nodiscard]] size_t count_characters(std::string_view text);

/// Whether `str.isspace` holds for the character that starts the text.
[[nodiscard]] bool starts_with_space(std::string_view text);

/// `str.lstrip()`.
[[nodiscard]] std::string_view python_lstrip(std::string_view text);

/// `str.strip()`.
[[nodiscard]] std::string_view python_strip(std::string_view text);

/// `str.splitlines()`: also at form feeds, NEL, U+2028 and their like.
[[nodiscard]] std::vector<std::string_view>
python_splitlines(std::string_view text);

/// `inspect.cleandoc(text)`.
[[nodiscard]] std::string python_cleandoc(std::string_view text);

/// `textwrap.dedent(text)`.
[[nodiscard]] std::string python_dedent(std::string_view text);

} // namespace dspex
