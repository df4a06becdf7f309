#include "core/secrets.hpp"

#include <algorithm>
#include <utility>

namespace dspex {

namespace {

constexpr size_t shortest_secret = 8;

} // namespace

std::string mask_secret(std::string text, std::string_view secret) {
  if (secret.size() < shortest_secret)
    return text;
  for (auto pos = text.find(secret); pos != std::string::npos;
       pos = text.find(secret, pos + 3))
    text.replace(pos, secret.size(), "***");
  return text;
}

void mask_secret(json& value, std::string_view secret) {
  if (value.is_string()) {
    auto& text = value.get_ref<std::string&>();
    text = mask_secret(std::move(text), secret);
  } else if (value.is_array()) {
    for (auto& x : value)
      mask_secret(x, secret);
  } else if (value.is_object()) {
    auto masked = json::object();
    for (auto& [name, x] : value.items()) {
      mask_secret(x, secret);
      masked[mask_secret(name, secret)] = std::move(x);
    }
    value = std::move(masked);
  }
}

size_t maskable_length(std::string_view text, std::string_view secret) {
  if (secret.size() < shortest_secret)
    return text.size();
  size_t begin = 0;
  for (auto pos = text.find(secret); pos != std::string_view::npos;
       pos = text.find(secret, begin))
    begin = pos + secret.size();
  begin = std::max(begin, text.size() - std::min(text.size(), secret.size()));
  while (begin < text.size() && !secret.starts_with(text.substr(begin)))
    ++begin;
  return begin;
}

} // namespace dspex
