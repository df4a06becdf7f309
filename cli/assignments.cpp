#include "cli/assignments.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string_view>
#include <system_error>

namespace dspex::cli {

namespace {

using assignment = std::pair<std::string_view, std::string_view>;

result<assignment> split(std::string_view item) {
  auto at = item.find('=');
  if (at == std::string_view::npos || at == 0)
    return fail(errc::invalid_option,
                "--set: expected NAME=VALUE, got \"" + std::string{item} + '"');
  return assignment{item.substr(0, at), item.substr(at + 1)};
}

json to_value(std::string_view text) {
  if (auto value = parse_json(text))
    return std::move(*value);
  return std::string{text};
}

} // namespace

result<json> read_inputs(const std::vector<std::string>& items,
                         const any_signature& sig) {
  auto out = json::object();
  for (auto& item : items) {
    auto pair = split(item);
    if (!pair)
      return fail(pair.error());
    auto& [name, text] = *pair;
    auto is_text = std::any_of(sig.inputs().begin(), sig.inputs().end(),
                               [&, wanted = name](const field& x) {
                                 return x.name == wanted
                                        && x.type.kind == type_kind::str;
                               });
    out[std::string{name}] = is_text ? json(std::string{text}) : to_value(text);
  }
  return out;
}

result<json> read_settings(const std::vector<std::string>& items) {
  auto out = json::object();
  for (auto& item : items) {
    auto pair = split(item);
    if (!pair)
      return fail(pair.error());
    auto [key, text] = *pair;
    auto* at = &out;
    for (auto dot = key.find('.'); dot != std::string_view::npos;
         dot = key.find('.')) {
      at = &(*at)[std::string{key.substr(0, dot)}];
      if (!at->is_null() && !at->is_object())
        return fail(errc::invalid_option, "--set: \"" + item
                                            + "\" is inside a key that has a "
                                              "value");
      key.remove_prefix(dot + 1);
    }
    (*at)[std::string{key}] = to_value(text);
  }
  return out;
}

result<json> read_object(const std::string& argument, size_t max_bytes) {
  auto text = argument;
  auto source = std::string{"--inputs"};
  if (argument.starts_with('@')) {
    source = argument.substr(1);
    auto file = std::ifstream{source, std::ios::binary};
    auto failed = !file;
    auto why = errno;
    // Reading one byte more than allowed is enough to see that it is too long.
    text.resize(max_bytes + 1);
    if (!failed) {
      file.read(text.data(), static_cast<std::streamsize>(text.size()));
      text.resize(static_cast<size_t>(file.gcount()));
      failed = file.bad();
      why = errno;
    }
    if (failed)
      return fail(errc::not_found, "Cannot read " + source + ": "
                                     + std::generic_category().message(why));
  }
  auto limits = json_limits{};
  limits.max_bytes = max_bytes;
  auto value = parse_json(text, limits);
  if (!value)
    return fail(errc::invalid_input, source + ": " + to_string(value.error()));
  if (!value->is_object())
    return fail(errc::invalid_input, source + ": expected a JSON object");
  return std::move(*value);
}

} // namespace dspex::cli
