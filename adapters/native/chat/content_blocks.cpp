#include "adapters/native/chat/content_blocks.hpp"

#include <string>

#include "adapters/native/python/text.hpp"
#include "adapters/native/python/values.hpp"
#include "adapters/native/repair/json_repair.hpp"

namespace dspex {

namespace {

constexpr auto start_marker
  = std::string_view{"<<CUSTOM-TYPE-START-IDENTIFIER>>"};
constexpr auto end_marker = std::string_view{"<<CUSTOM-TYPE-END-IDENTIFIER>>"};

json text_block(std::string_view text) {
  return json::object({{"type", "text"}, {"text", std::string{text}}});
}

json in_markers(const char* type, json content) {
  auto block = json::object();
  block["type"] = type;
  block[type] = std::move(content);
  return std::string{start_marker} + python_json(json::array({block}))
         + std::string{end_marker};
}

json image(const json& url) {
  auto is_marked
    = url.is_string()
      && url.get_ref<const std::string&>().starts_with(start_marker);
  return is_marked || !url.is_string()
           ? url
           : in_markers("image_url", json::object({{"url", url}}));
}

json member_or_null(const json& value, const char* name) {
  auto i = value.find(name);
  return i != value.end() ? *i : json();
}

// An object that says which class of DSPy it is.
json typed(const json& value, const std::string& type) {
  if (type == "dspy.Image")
    return image(member_or_null(value, "url"));
  if (type == "dspy.Audio")
    return in_markers(
      "input_audio",
      json::object({{"data", member_or_null(value, "data")},
                    {"format", member_or_null(value, "audio_format")}}));
  if (type == "dspy.Reasoning")
    return member_or_null(value, "content");
  auto result = json::object();
  for (auto& [name, x] : value.items())
    if (name != "$type")
      result[name] = x;
  return result;
}

std::optional<json> read_payload(std::string_view payload) {
  if (auto parsed = parse_json(payload))
    return std::move(*parsed);
  // Inside a larger JSON value it was printed twice.
  if (auto once = parse_json('"' + std::string{payload} + '"');
      once && once->is_string())
    if (auto twice = parse_json(once->get_ref<const std::string&>()))
      return std::move(*twice);
  return repair_json(payload);
}

void add_payload(json& blocks, std::string_view payload) {
  auto parsed = read_payload(payload);
  if (!parsed || !parsed->is_array()) {
    blocks.push_back(text_block(payload));
    return;
  }
  for (auto& x : *parsed)
    blocks.push_back(x.is_object() ? x : text_block(python_str(x)));
}

} // namespace

json with_markers(const json& value, const python_type& type) {
  if (type.kind == python_kind::image && value.is_string())
    return image(value);
  if (!value.is_structured())
    return value;
  static const auto anything = python_type{};
  auto argument = [&](size_t i) -> const python_type& {
    return i < type.arguments.size() ? type.arguments[i] : anything;
  };
  if (value.is_array()) {
    if (type.kind == python_kind::history)
      return json::object({{"messages", value}});
    auto result = json::array();
    for (size_t i = 0; i < value.size(); ++i)
      result.push_back(with_markers(
        value[i], argument(type.kind == python_kind::tuple ? i : 0)));
    return result;
  }
  if (auto i = value.find("$type"); i != value.end() && i->is_string())
    return typed(value, i->get_ref<const std::string&>());
  auto result = json::object();
  for (auto& [name, x] : value.items())
    result[name]
      = with_markers(x, argument(type.kind == python_kind::dict ? 1 : 0));
  return result;
}

std::optional<json> split_blocks(std::string_view text) {
  if (text.find(start_marker) == std::string_view::npos)
    return std::nullopt;
  auto blocks = json::array();
  for (;;) {
    auto start = text.find(start_marker);
    auto end = start == std::string_view::npos
                 ? start
                 : text.find(end_marker, start + start_marker.size());
    if (end == std::string_view::npos)
      break;
    if (start > 0)
      blocks.push_back(text_block(text.substr(0, start)));
    auto inside = start + start_marker.size();
    add_payload(blocks, python_strip(text.substr(inside, end - inside)));
    text.remove_prefix(end + end_marker.size());
  }
  if (!text.empty())
    blocks.push_back(text_block(text));
  return blocks;
}

} // namespace dspex
