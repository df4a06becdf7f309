#include "runtime/lm_client_options.hpp"

#include <fstream>
#include <utility>

#include "messages/log.hpp"
#include "persistence/sqlite_text_cache.hpp"

namespace dspex {

namespace {

// Says once that the file fails, and once that it works again.
void log_cache_file(const error* problem) {
  if (problem != nullptr)
    log_event(log_level::warn, "lm", "cannot use the cache",
              json::object({{"error", to_string(*problem)}}));
  else
    log_event(log_level::info, "lm", "the cache can be used again");
}

result<std::shared_ptr<lm_cache>> make_cache(const lm_settings& x) {
  auto options = lm_cache_options{};
  options.max_bytes = x.cache_max_bytes;
  options.max_age = std::chrono::seconds{x.cache_max_age_s};
  options.on_file = log_cache_file;
  constexpr auto prefix = std::string_view{"sqlite:"};
  if (x.cache == "off")
    return std::shared_ptr<lm_cache>{};
  if (x.cache.starts_with(prefix)) {
    auto file = open_sqlite_text_cache(x.cache.substr(prefix.size()),
                                       options.max_bytes, options.max_age);
    if (!file)
      return fail(file.error().code, "lm.cache: " + file.error().message);
    options.file = std::move(*file);
  } else if (x.cache != "memory:") {
    return fail(errc::invalid_option,
                "lm.cache must be off, memory: or sqlite:FILE, got " + x.cache);
  }
  return std::make_shared<lm_cache>(std::move(options));
}

result<void> check_network(const lm_settings& x) {
  if (x.ca_file != "system" && !std::ifstream{x.ca_file})
    return fail(errc::invalid_option, "lm.ca_file: cannot read " + x.ca_file);
  auto is_word = x.proxy_url == "environment" || x.proxy_url == "none";
  if (!is_word && x.proxy_url.find("://") == std::string::npos)
    return fail(errc::invalid_option,
                "lm.proxy_url must be environment, none or a URL like "
                "http://proxy.example:3128");
  return {};
}

} // namespace

result<lm_client_options> make_lm_client_options(const lm_settings& x) {
  if (auto ok = check_network(x); !ok)
    return fail(std::move(ok.error()));
  auto result = lm_client_options{};
  result.http.proxy = x.proxy_url;
  result.http.ca_file = x.ca_file;
  result.limits = {.max_concurrency = x.max_concurrency,
                   .requests_per_minute = x.requests_per_minute,
                   .tokens_per_minute = x.tokens_per_minute,
                   .breaker_failures = x.breaker_failures,
                   .breaker_pause = x.breaker_pause};
  result.hedge_after = x.hedge_after;
  auto cache = make_cache(x);
  if (!cache)
    return fail(std::move(cache.error()));
  result.cache = std::move(*cache);
  return result;
}

} // namespace dspex
