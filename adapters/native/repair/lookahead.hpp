#pragma once

#include <cstddef>

#include "adapters/native/repair/text.hpp"

namespace dspex::detail {

// What stands ahead in the text decides what a quote, a comma, a brace or a
// parenthesis means. These functions look ahead; the reader stays in its place.

[[nodiscard]] char32_t closing_bracket(char32_t c);

/// What a comma in the value of a member is.
enum class comma {
  /// The border to the next member.
  member,
  /// Text in front of a container that is text as well.
  container,
  text,
  /// Text, as is every comma of the rest.
  text_to_the_end,
};

/// Judges the comma at the reader's place.
[[nodiscard]] comma judge_comma(repair_text& in);

/// Whether a name without quotes and a colon stand here.
[[nodiscard]] bool name_and_colon(repair_text& in, ptrdiff_t pos);

/// The position behind blanks and comments.
[[nodiscard]] ptrdiff_t skip_to_member(repair_text& in, ptrdiff_t pos);

/// Whether a name, quoted or not, and a colon stand here.
[[nodiscard]] bool member_starts(repair_text& in, ptrdiff_t pos);

/// Whether a comma and a member follow the quote.
[[nodiscard]] bool member_follows_quote(repair_text& in, ptrdiff_t quote);

/// The position behind a balanced container inside a string, or -1.
[[nodiscard]] ptrdiff_t inline_container_end(repair_text& in, ptrdiff_t pos);

/// Whether the parenthesis at the reader's place opens a tuple: `()` and `(1,)`
/// are tuples, `(1)` is not.
[[nodiscard]] bool is_tuple(repair_text& in);

/// Whether the parenthesis at the reader's place opens its line, closes it, and
/// begins like a value. Other parentheses in prose are remarks.
[[nodiscard]] bool parenthesis_starts_value(repair_text& in);

} // namespace dspex::detail
