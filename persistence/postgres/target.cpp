#include "persistence/postgres/target.hpp"

#include <map>
#include <memory>

#include <libpq-fe.h>

namespace dspex {

namespace {

using keyword_map = std::map<std::string, std::string>;

// Quotes a value for `keyword='value'`.
std::string quoted_value(std::string_view x) {
  auto out = std::string{"'"};
  for (auto c : x) {
    if (c == '\'' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + "'";
}

std::string value_or(const keyword_map& words, const char* key,
                     const char* otherwise) {
  auto i = words.find(key);
  return i == words.end() ? otherwise : i->second;
}

} // namespace

bool is_postgres(std::string_view url) {
  return url.starts_with("postgresql:") || url.starts_with("postgres:");
}

result<postgres_target> locate_postgres(const database_options& options) {
  auto refuse = [](const char* why) {
    return fail(errc::invalid_option,
                std::string{"the store URL "} + why
                  + "; expected postgresql://USER@HOST:PORT/DATABASE");
  };
  if (options.url.find('\0') != std::string::npos)
    return refuse("holds the character U+0000");
  using parsed = std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)>;
  char* why = nullptr;
  auto words = parsed{PQconninfoParse(options.url.c_str(), &why),
                      PQconninfoFree};
  // The message of libpq is dropped, because it would show the URL.
  PQfreemem(why);
  if (!words || options.url.find("://") == std::string::npos)
    return refuse("is no URL of PostgreSQL");
  auto given = keyword_map{};
  for (auto* x = words.get(); x->keyword != nullptr; ++x)
    if (x->val != nullptr)
      given.emplace(x->keyword, x->val);
  auto out = postgres_target{};
  out.timeout = options.timeout;
  out.password = value_or(given, "password", "");
  auto host = value_or(given, "host", value_or(given, "hostaddr", "").c_str());
  out.label = "postgresql://" + host;
  if (auto port = value_or(given, "port", ""); !port.empty())
    out.label += ":" + port;
  out.label += "/" + value_or(given, "dbname", "");
  given.try_emplace("connect_timeout", "3");
  given.try_emplace("keepalives_idle", "10");
  given.try_emplace("keepalives_interval", "5");
  given.try_emplace("keepalives_count", "3");
  given.try_emplace("fallback_application_name", "dspex");
  given["client_encoding"] = "UTF8";
  if (host.find(',') != std::string::npos)
    given.try_emplace("target_session_attrs", "read-write");
  for (auto& [key, value] : given)
    out.connection_text += key + "=" + quoted_value(value) + " ";
  return out;
}

} // namespace dspex
