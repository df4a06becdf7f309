#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dspex/json.hpp"

namespace dspex::detail {

/// Whether Python's `str.isalnum` holds, as far as quotes and names need it.
[[nodiscard]] bool is_alphanumeric(char32_t c);
[[nodiscard]] bool is_letter(char32_t c);
[[nodiscard]] bool is_blank(char32_t c);
[[nodiscard]] bool is_quote(char32_t c);

[[nodiscard]] std::u32string decode_text(std::string_view text);
[[nodiscard]] std::string encode_text(std::u32string_view text);

/// Reads one text that is not valid JSON: what `repair_json` does after the
/// strict reader has refused.
///
/// Every guess looks ahead in the text, so the number of characters looked at
/// is counted; when too many are, the text seems to end and the result is
/// nothing.
class repair_reader {
public:
  explicit repair_reader(std::u32string text);

  /// @returns nothing where json_repair returns the empty string.
  [[nodiscard]] std::optional<json> read();

private:
  enum class place : uint8_t { key, value, element };
  enum class comma { member, container, text, text_to_the_end };

  struct open_string;

  // -- the text ---------------------------------------------------------------

  // 0 beyond either end.
  [[nodiscard]] char32_t at(ptrdiff_t pos);
  [[nodiscard]] char32_t now();
  [[nodiscard]] ptrdiff_t size() const;
  void give_up();
  [[nodiscard]] ptrdiff_t skip_blanks(ptrdiff_t pos);
  // Position of the first of the characters that no backslash escapes, or the
  // end.
  [[nodiscard]] ptrdiff_t find(std::u32string_view wanted, ptrdiff_t from);
  [[nodiscard]] bool starts_with(std::u32string_view text, ptrdiff_t pos) const;

  // -- where the reader is ----------------------------------------------------

  [[nodiscard]] bool is_in(place x) const;
  [[nodiscard]] bool is_anywhere_in(place x) const;

  // -- values -----------------------------------------------------------------

  [[nodiscard]] json top_level();
  [[nodiscard]] json value();
  [[nodiscard]] json value_here();
  [[nodiscard]] std::optional<json> strict_value();
  [[nodiscard]] json array(char32_t close);
  [[nodiscard]] json parenthesized();
  [[nodiscard]] bool is_tuple();
  [[nodiscard]] bool parenthesis_starts_value();
  [[nodiscard]] json number();
  [[nodiscard]] json comment();
  void skip_comment();

  // -- objects ----------------------------------------------------------------

  [[nodiscard]] json object();
  [[nodiscard]] std::string key(json& members, ptrdiff_t& start);
  [[nodiscard]] bool more_rows(json& members);
  [[nodiscard]] bool starts_next_object(ptrdiff_t key_start);
  [[nodiscard]] json member_value();
  [[nodiscard]] std::optional<json> not_an_object(ptrdiff_t start);
  [[nodiscard]] std::u32string without_comments(std::u32string_view text);

  // -- strings ----------------------------------------------------------------

  [[nodiscard]] json string();
  [[nodiscard]] std::optional<std::string> plain_string();
  [[nodiscard]] std::optional<json> open(open_string& s);
  [[nodiscard]] std::optional<json> second_quote(open_string& s);
  [[nodiscard]] std::optional<json> word_value();
  [[nodiscard]] char32_t scan(open_string& s);
  [[nodiscard]] bool brace_ends(open_string& s);
  [[nodiscard]] bool escape(open_string& s, char32_t c);
  [[nodiscard]] bool quote_ends(open_string& s, char32_t& c);
  [[nodiscard]] comma judge_comma();
  [[nodiscard]] bool bare_member_value(ptrdiff_t pos);
  [[nodiscard]] bool name_and_colon(ptrdiff_t pos);
  [[nodiscard]] bool member_starts(ptrdiff_t pos);
  [[nodiscard]] bool member_follows_quote(ptrdiff_t quote);
  [[nodiscard]] ptrdiff_t skip_to_member(ptrdiff_t pos);
  [[nodiscard]] ptrdiff_t inline_container_end(ptrdiff_t pos);
  [[nodiscard]] bool nests(ptrdiff_t pos);
  [[nodiscard]] bool fence_is_text(open_string& s, ptrdiff_t fence);
  [[nodiscard]] json close(open_string& s, char32_t c);

  // -- member variables -------------------------------------------------------

  std::u32string text_;
  ptrdiff_t pos_ = 0;
  size_t steps_left_;
  size_t depth_ = 0;
  bool gave_up_ = false;
  bool tried_strict_ = false;
  std::vector<place> places_;
  // Places that the next value is to be read in: an object that turned out to
  // be none leaves them.
  std::vector<place> deferred_;
};

} // namespace dspex::detail
