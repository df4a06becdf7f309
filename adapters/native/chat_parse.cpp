#include "adapters/native/chat_parse.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "adapters/native/parse_value.hpp"
#include "adapters/native/python_text.hpp"
#include "adapters/native/python_types.hpp"

namespace dspex {

namespace {

// How much of a field's text an error quotes.
constexpr size_t max_quoted = 200;

// `\w`, taking every character beyond ASCII that is no space for a letter.
bool is_word_character(std::string_view text) {
  auto c = text.front();
  if (static_cast<uint8_t>(c) >= 0x80)
    return !starts_with_space(text);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '_';
}

struct line_header {
  std::string_view name;
  // Characters of the stripped line.
  size_t length = 0;
};

// Matches `[[ ## name ## ]]` at the start of a stripped line.
std::optional<line_header> read_header(std::string_view line) {
  constexpr auto open = std::string_view{"[[ ## "};
  constexpr auto close = std::string_view{" ## ]]"};
  if (!line.starts_with(open))
    return std::nullopt;
  auto rest = line.substr(open.size());
  size_t bytes = 0;
  size_t characters = 0;
  while (bytes < rest.size() && is_word_character(rest.substr(bytes))) {
    bytes += character_length(rest, bytes);
    ++characters;
  }
  if (bytes == 0 || !rest.substr(bytes).starts_with(close))
    return std::nullopt;
  return line_header{rest.substr(0, bytes),
                     open.size() + characters + close.size()};
}

// DSPy cuts as many characters as the header has from the line as it was, with
// its indentation.
std::string_view after_header(std::string_view line, size_t characters) {
  for (; characters > 0 && !line.empty(); --characters)
    line.remove_prefix(character_length(line, 0));
  return python_strip(line);
}

// The text of each section, the first one of a name.
std::unordered_map<std::string_view, std::string>
read_sections(std::string_view reply) {
  auto result = std::unordered_map<std::string_view, std::string>{};
  std::string* section = nullptr;
  auto empty = true;
  auto add = [&](std::string_view line) {
    if (section == nullptr)
      return;
    if (!empty)
      *section += '\n';
    *section += line;
    empty = false;
  };
  for (auto line : python_splitlines(reply)) {
    auto header = read_header(python_strip(line));
    if (!header) {
      add(line);
      continue;
    }
    auto [i, is_new] = result.try_emplace(header->name);
    section = is_new ? &i->second : nullptr;
    empty = true;
    if (auto rest = after_header(line, header->length); !rest.empty())
      add(rest);
  }
  return result;
}

error unreadable(const field& x, std::string_view text) {
  auto quoted = shorten(text, max_quoted);
  auto message = "The model's reply gives no " + python_type_name(x.type)
                 + " for field " + x.name + ": "
                 + (text.empty() ? "it is empty" : dump_json(json(quoted)));
  return {errc::invalid_output, std::move(message),
          json::object({{"field", x.name}, {"text", quoted}})};
}

error incomplete(const std::vector<std::string>& missing) {
  auto message = std::string{"The model's reply lacks the field"};
  message += missing.size() == 1 ? " " : "s ";
  for (auto& x : missing)
    message += (&x != &missing.front() ? ", " : "") + x;
  auto details = json::object();
  details["missing"] = missing;
  return {errc::invalid_output, std::move(message), std::move(details)};
}

} // namespace

std::string shorten(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes)
    return std::string{text};
  auto end = max_bytes;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80)
    --end;
  return std::string{text.substr(0, end)} + "\xE2\x80\xA6";
}

result<json> parse_chat_reply(const chat_task& task, std::string_view reply) {
  if (python_strip(reply).empty())
    return fail(errc::invalid_output, "The model's reply is empty");
  auto sections = read_sections(reply);
  auto fields = json::object();
  auto missing = std::vector<std::string>{};
  for (auto& x : task.outputs) {
    auto i = sections.find(x.name);
    if (i == sections.end()) {
      if (allows_none(x.type))
        fields[x.name] = nullptr;
      else
        missing.push_back(x.name);
      continue;
    }
    auto text = python_strip(i->second);
    auto value = parse_value(text, x.type);
    if (!value)
      return fail(unreadable(x, text));
    fields[x.name] = std::move(*value);
  }
  if (!missing.empty())
    return fail(incomplete(missing));
  return fields;
}

} // namespace dspex
