#include <ostream>
#include <unistd.h>

#include "config/settings.hpp"
#include "dspex/config.hpp"

namespace dspex {

namespace {

std::string mask_query(std::string_view query) {
  std::string result;
  while (true) {
    auto end = query.find('&');
    auto parameter = query.substr(0, end);
    auto equals = parameter.find('=');
    if (equals != std::string_view::npos
        && names_secret(parameter.substr(0, equals)))
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
/// @param is_web over HTTP the user alone may be a token.
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

void append_comment(std::string& out, std::string_view lines) {
  while (!lines.empty()) {
    auto end = lines.find('\n');
    out.append("# ").append(lines.substr(0, end + 1));
    lines.remove_prefix(end + 1);
  }
}

} // namespace

bool names_secret(std::string_view name) {
  auto lower = std::string{};
  for (auto c : name)
    lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (auto word :
       {"auth", "credential", "key", "pass", "pwd", "secret", "sig", "token"})
    if (lower.find(word) != std::string::npos)
      return true;
  return false;
}

std::ostream& operator<<(std::ostream& out, const secret& x) {
  return out << (x.empty() ? "(not set)" : "(hidden)");
}

environment_variables read_environment() {
  environment_variables result;
  for (auto entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view text{*entry};
    auto equals = text.find('=');
    if (equals != std::string_view::npos)
      result.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

std::string sample_configuration() {
  configuration defaults;
  std::string result
    = "# Settings of dspex. Every key stands here at its default, commented "
      "out.\n"
      "#\n"
      "# The environment wins over this file (DSPEX_STORE__POOL_SIZE=20 sets\n"
      "# store.pool_size), and the command line wins over both (--config-set\n"
      "# store.pool_size=20). An unknown key or a bad value stops dspex "
      "before\n"
      "# it does anything. `dspex config show` prints what is set, and by "
      "whom.\n";
  std::string_view section;
  for (auto& x : all_settings()) {
    if (section != section_of(x)) {
      section = section_of(x);
      result.append("\n[").append(section).append("]\n");
    }
    result += '\n';
    append_comment(result, x.doc);
    auto value = shown_value(x, defaults);
    result += "# Takes " + expectation(x) + ".\n#";
    result.append(x.key.substr(section.size() + 1)).append(" =");
    result += value.is_null() ? "" : " " + dump_json(value);
    result += '\n';
  }
  return result;
}

std::string mask_url(std::string_view url) {
  auto scheme = url.find("://");
  auto start = scheme == std::string_view::npos ? url.size() : scheme + 3;
  auto query = url.find('?');
  // A question mark before the host is a password typed as it is.
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

} // namespace dspex
