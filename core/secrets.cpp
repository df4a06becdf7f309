#include "core/secrets.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace dspex {

namespace {

constexpr size_t shortest_key = 8;

// Any of these in a name makes it one that may be of a secret.
constexpr auto secret_words = std::array{"auth", "credential", "key", "pass",
                                         "pwd",  "secret",     "sig", "token"};

// A name is that of a secret if it ends in one of these, once `_` and `-` are
// taken out. Each of these contains one of `secret_words`.
constexpr auto secret_endings
  = std::array{"apikey", "authorization", "password", "passwd",
               "secret", "accesstoken",   "authtoken"};

std::string to_lower(std::string_view text) {
  auto result = std::string{};
  for (auto c : text)
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

// Replaces every occurrence of `part`, also where the replacement contains it.
std::string replace_all(std::string text, std::string_view part,
                        std::string_view by) {
  for (auto pos = text.find(part); pos != std::string::npos;
       pos = text.find(part, pos + by.size()))
    text.replace(pos, part.size(), by);
  return text;
}

std::string mask_query(std::string_view query) {
  std::string result;
  while (true) {
    auto end = query.find('&');
    auto parameter = query.substr(0, end);
    auto equals = parameter.find('=');
    if (equals != std::string_view::npos
        && may_name_secret(parameter.substr(0, equals)))
      result.append(parameter.substr(0, equals + 1)).append("***");
    else
      result.append(parameter);
    if (end == std::string_view::npos)
      return result;
    result += '&';
    query.remove_prefix(end + 1);
  }
}

/// Hides the password in `user:password@rest`. A password may hold an `@` of
/// its own, so the last one counts.
/// @param is_web whether the user alone may be a token, as over HTTP.
std::string mask_userinfo(std::string_view text, bool is_web) {
  auto at = text.rfind('@');
  auto colon = text.find(':');
  if (is_web && at != std::string_view::npos) {
    auto host = text.substr(0, text.find('/'));
    auto in_path = at > host.size() && host.find(':') == std::string_view::npos;
    return in_path ? std::string{text} : "***" + std::string{text.substr(at)};
  }
  if (at == std::string_view::npos || colon > at)
    return std::string{text};
  return std::string{text.substr(0, colon + 1)} + "***"
         + std::string{text.substr(at)};
}

// Returns what may be shown of an argument that stands behind `before`.
std::string shown_argument(std::string_view word, std::string_view before) {
  auto equals = word.find('=');
  auto is_value = before.starts_with("--") && may_name_secret(before)
                  && before.find('=') == std::string_view::npos;
  if (is_value && !word.starts_with("-"))
    return "***";
  if (equals != std::string_view::npos
      && may_name_secret(word.substr(0, equals)))
    return std::string{word.substr(0, equals + 1)} + "***";
  return mask_url(word);
}

} // namespace

// -- names --------------------------------------------------------------------

bool may_name_secret(std::string_view name) {
  auto lower = to_lower(name);
  return std::any_of(secret_words.begin(), secret_words.end(), [&](auto word) {
    return lower.find(word) != std::string::npos;
  });
}

bool names_secret(std::string_view name) {
  auto plain = to_lower(name);
  std::erase_if(plain, [](char c) { return c == '_' || c == '-'; });
  return std::any_of(secret_endings.begin(), secret_endings.end(),
                     [&](auto ending) { return plain.ends_with(ending); });
}

// -- masks --------------------------------------------------------------------

std::string mask_password(std::string text, std::string_view secret) {
  if (secret.empty())
    return text;
  return replace_all(std::move(text), secret, "***");
}

std::string mask_secret(std::string text, std::string_view secret) {
  if (secret.size() < shortest_key)
    return text;
  return mask_password(std::move(text), secret);
}

std::string mask_url(std::string_view url) {
  auto scheme = url.find("://");
  auto start = scheme == std::string_view::npos ? url.size() : scheme + 3;
  auto query = url.find('?');
  // A question mark before the host belongs to a password that is not escaped.
  auto host = url.rfind('@');
  if (query != std::string_view::npos && host != std::string_view::npos
      && query < host && start < query
      && url.substr(start, query - start).find('/') == std::string_view::npos
      && url.substr(start, query - start).find(':') != std::string_view::npos)
    query = url.find('?', host);
  auto path = url.substr(0, query);
  auto result = scheme == std::string_view::npos
                  ? std::string{path}
                  : std::string{path.substr(0, start)}
                      + mask_userinfo(path.substr(start),
                                      path.starts_with("http"));
  if (query != std::string_view::npos)
    result += "?" + mask_query(url.substr(query + 1));
  return result;
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
  if (secret.size() < shortest_key)
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

std::string mask_arguments(std::string text,
                           const std::vector<std::string>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    auto& word = arguments[i];
    auto shown = shown_argument(word, i > 0 ? arguments[i - 1] : "");
    if (shown != word)
      text = replace_all(std::move(text), word, shown);
  }
  return text;
}

} // namespace dspex
