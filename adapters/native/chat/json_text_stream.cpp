#include "adapters/native/chat/json_text_stream.hpp"

#include <utility>

#include "dspex/json.hpp"

namespace dspex {

namespace {

// How many characters `\n`, `\u0041` and two of the latter have.
constexpr size_t short_escape = 2;
constexpr size_t unicode_escape = 6;
constexpr size_t pair_of_escapes = 12;

// Whether a `\uXXXX` needs another one to be a character.
bool is_high_surrogate(std::string_view escape) {
  auto is_one_of = [](char c, std::string_view xs) {
    return xs.find(c) != std::string_view::npos;
  };
  return is_one_of(escape[2], "dD") && is_one_of(escape[3], "89abAB");
}

} // namespace

json_text_stream::json_text_stream(callback tell) : tell_(std::move(tell)) {
}

void json_text_stream::read(std::string_view piece) {
  for (auto c : piece)
    step(c);
  if (at_ == place::text)
    tell_text();
}

void json_text_stream::step(char c) {
  switch (at_) {
    case place::before:
      if (c == '{')
        at_ = place::members;
      return;
    case place::members:
      if (c == '}')
        at_ = place::after;
      else if (c == '"') {
        name_.clear();
        at_ = place::name;
      }
      return;
    case place::name:
      if (take(c, name_))
        at_ = place::colon;
      return;
    case place::colon:
      if (c == ':')
        at_ = place::value;
      return;
    case place::value:
      if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
        return;
      at_ = c == '"' ? place::text : place::other;
      if (at_ == place::other)
        skip(c);
      return;
    case place::text:
      if (take(c, text_)) {
        tell_text();
        at_ = place::members;
      }
      return;
    case place::other:
      return skip(c);
    case place::after:
      return;
  }
}

void json_text_stream::skip(char c) {
  if (in_string_) {
    auto ignored = std::string{};
    in_string_ = !take(c, ignored);
    return;
  }
  auto is_end = c == '}' || c == ']';
  if (c == '"')
    in_string_ = true;
  else if (c == '{' || c == '[')
    ++depth_;
  else if (is_end && depth_ == 0)
    at_ = place::after;
  else if (is_end)
    --depth_;
  else if (c == ',' && depth_ == 0)
    at_ = place::members;
}

bool json_text_stream::take(char c, std::string& out) {
  if (escape_.empty() && c == '"')
    return true;
  if (escape_.empty() && c != '\\') {
    out += c;
    return false;
  }
  escape_ += c;
  auto size = escape_.size();
  if (size < short_escape)
    return false;
  auto is_whole = escape_[1] != 'u' || size == pair_of_escapes
                  || (size == unicode_escape && !is_high_surrogate(escape_))
                  // Half a pair, and something else.
                  || (size == unicode_escape + 1 && c != '\\');
  if (is_whole)
    end_escape(out);
  return false;
}

void json_text_stream::end_escape(std::string& out) {
  auto limits = json_limits{};
  limits.replace_bad_text = true;
  auto value = parse_json('"' + std::exchange(escape_, {}) + '"', limits);
  if (value)
    out += value->get_ref<const std::string&>();
  else
    at_ = place::after;
}

void json_text_stream::tell_text() {
  if (auto text = std::exchange(text_, {}); !text.empty())
    tell_(name_, text);
}

} // namespace dspex
