#include "signatures/issue.hpp"

#include "signatures/values/text.hpp"

namespace dspex::detail {

namespace {

/// Error details carry the whole text if it has at most so many bytes.
constexpr size_t max_details_text = 65'536;

/// Returns the text up to its first byte that is not valid UTF-8, as messages
/// can show no other.
std::string_view showable(std::string_view text) {
  auto bad = find_bad_text(text);
  return bad ? text.substr(0, *bad) : text;
}

error make_error(const issue& what, std::string_view text, std::string place,
                 json details) {
  auto column = count_code_points(text.substr(0, what.offset)) + 1;
  auto shown = showable(text);
  details["column"] = column;
  details["expected"] = what.expected;
  details["text"] = shown.size() <= max_details_text
                      ? std::string{shown}
                      : excerpt(shown, what.offset);
  auto message = "Invalid signature at " + place + "column "
                 + std::to_string(column) + ": expected " + what.expected
                 + ", found " + what.found + " in \""
                 + excerpt(shown, what.offset) + '"';
  return {errc::invalid_signature, std::move(message), std::move(details)};
}

} // namespace

error to_error(const issue& what, std::string_view text) {
  return make_error(what, text, {}, json::object());
}

error to_error(const issue& what, std::string_view text,
               const std::string& pointer) {
  return make_error(what, text, pointer + ", ", {{"pointer", pointer}});
}

error make_json_error(const std::string& pointer, std::string expected,
                      const std::string& found) {
  auto message = "Invalid signature at " + pointer + ": expected " + expected
                 + ", found " + found;
  return {errc::invalid_signature,
          std::move(message),
          {{"pointer", pointer}, {"expected", std::move(expected)}}};
}

} // namespace dspex::detail
