#include "adapters/native/chat/reply_parse.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/native/chat/header.hpp"
#include "adapters/native/chat/parse_value.hpp"
#include "adapters/native/python/text.hpp"
#include "adapters/native/python/values.hpp"
#include "adapters/native/repair/json_repair.hpp"
#include "core/text.hpp"

namespace dspex {

namespace {

// How much of a field's text an error quotes.
constexpr size_t max_quoted = 200;

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

// -- JSON ---------------------------------------------------------------------

// The first balanced `{...}`, counting braces without regard to strings.
std::string_view first_braces(std::string_view text) {
  auto open = std::vector<size_t>{};
  auto first = std::string_view::npos;
  auto end = first;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{')
      open.push_back(i);
    if (text[i] != '}' || open.empty())
      continue;
    // Pairs further left are found later, as they hold those before.
    if (first == std::string_view::npos || open.back() < first) {
      first = open.back();
      end = i + 1;
    }
    open.pop_back();
  }
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, end - first);
}

std::optional<json> read_object(std::string_view reply) {
  auto whole = repair_json(reply);
  if (whole && whole->is_object())
    return whole;
  auto part = first_braces(reply);
  if (part.empty())
    return std::nullopt;
  whole = repair_json(part);
  return whole && whole->is_object() ? whole : std::nullopt;
}

// -- errors -------------------------------------------------------------------

error unreadable(const prompt_field& x, std::string_view text) {
  auto quoted = shorten(text, max_quoted);
  auto message = "The model's reply gives no " + x.type_name + " for field "
                 + x.name + ": "
                 + (text.empty() ? "it is empty" : dump_json(json(quoted)));
  return {errc::invalid_output, std::move(message),
          json::object({{"field", x.name}, {"text", quoted}})};
}

error incomplete(const std::vector<std::string>& missing, const json& fields) {
  auto message = std::string{"The model's reply lacks the field"};
  message += missing.size() == 1 ? " " : "s ";
  for (auto& x : missing)
    message += (&x != &missing.front() ? ", " : "") + x;
  auto found = json::array();
  for (auto& [name, value] : fields.items())
    found.push_back(name);
  auto details = json::object();
  details["missing"] = missing;
  details["found"] = std::move(found);
  return {errc::invalid_output, std::move(message), std::move(details)};
}

// Puts the fields into the order of the signature; `find(field)` returns
// nothing if the reply does not have it, or the value, or nothing in that.
template <class Find>
result<json> collect(const prompt_signature& sig, Find find) {
  auto fields = json::object();
  auto missing = std::vector<std::string>{};
  for (auto& x : sig.outputs) {
    auto value = find(x);
    if (!value)
      return fail(std::move(value.error()));
    if (*value)
      fields[x.name] = std::move(**value);
    else if (x.fallback)
      fields[x.name] = *x.fallback;
    else if (allows_none(*x.annotation.type))
      fields[x.name] = nullptr;
    else
      missing.push_back(x.name);
  }
  if (!missing.empty())
    return fail(incomplete(missing, fields));
  return fields;
}

using found_value = result<std::optional<json>>;

result<json> parse_chat(const prompt_signature& sig, std::string_view reply) {
  auto sections = read_sections(reply);
  return collect(sig, [&](const prompt_field& x) -> found_value {
    auto i = sections.find(x.name);
    if (i == sections.end())
      return std::nullopt;
    auto text = python_strip(i->second);
    auto value = parse_value(text, x.annotation);
    if (!value)
      return fail(unreadable(x, text));
    return value;
  });
}

result<json> parse_json_reply(const prompt_signature& sig,
                              std::string_view reply) {
  auto object = read_object(reply);
  if (!object)
    return fail(errc::invalid_output, "The model's reply is no JSON object",
                json::object({{"found", nullptr}}));
  return collect(sig, [&](const prompt_field& x) -> found_value {
    auto i = object->find(x.name);
    if (i == object->end())
      return std::nullopt;
    auto value = parse_json_value(*i, x.annotation);
    if (!value)
      return fail(unreadable(x, python_field_value(*i)));
    return value;
  });
}

} // namespace

result<json> parse_reply(const prompt_signature& sig, prompt_adapter adapter,
                         std::string_view reply) {
  return adapter == prompt_adapter::chat ? parse_chat(sig, reply)
                                         : parse_json_reply(sig, reply);
}

} // namespace dspex
