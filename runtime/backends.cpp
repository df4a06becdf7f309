#include "runtime/backends.hpp"

#include <algorithm>
#include <fstream>
#include <thread>
#include <utility>

#include "adapters/mock/adapter.hpp"
#include "adapters/native/run/native_adapter.hpp"
#include "adapters/native/run/tool_pool.hpp"
#include "adapters/python_port/python_package.hpp"
#include "adapters/python_port/python_port_adapter.hpp"
#include "core/log.hpp"
#include "persistence/sqlite/text_cache.hpp"

namespace dspex {

namespace {

bool is_adapter_type(const std::string& text) {
  auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !text.empty() && text.size() <= 63 && lower(text[0])
         && std::all_of(text.begin(), text.end(), [&](char c) {
              return lower(c) || (c >= '0' && c <= '9') || c == '_';
            });
}

mock_options to_options(const mock_settings& x) {
  auto result = mock_options{};
  result.seed = static_cast<int64_t>(x.seed);
  result.latency = x.latency;
  result.error_rate = x.error_rate;
  return result;
}

std::vector<std::string> split(const std::string& text, char separator) {
  auto result = std::vector<std::string>{};
  auto rest = std::string_view{text};
  while (!rest.empty()) {
    auto end = rest.find(separator);
    auto part = rest.substr(0, end);
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
    part = part.substr(0, part.find_last_not_of(' ') + 1);
    if (!part.empty())
      result.emplace_back(part);
  }
  return result;
}

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

result<lm_client_options> make_client_options(const lm_settings& x) {
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

} // namespace

python_port_options python_options(const configuration& config,
                                   lm_options model) {
  auto& x = config.python_port;
  constexpr size_t megabyte = 1'000'000;
  auto package = find_python_package();
  auto result = python_port_options{};
  result.python = x.python.empty() ? package.python : x.python;
  result.python_path = split(x.path, ':');
  if (!package.folder.empty())
    result.python_path.insert(result.python_path.begin(),
                              package.folder.string());
  result.allowed_modules = split(x.allowed_modules, ',');
  result.environment = split(x.environment, ',');
  result.lm = std::move(model);
  // A frame has to hold the largest inputs allowed, with the program around
  // them.
  result.max_frame_bytes = std::max(result.max_frame_bytes,
                                    2 * config.limits.max_document_bytes);
  result.workers = x.workers > 0
                     ? x.workers
                     : std::max(std::thread::hardware_concurrency(), 1U);
  result.threads = x.threads;
  result.max_queue = x.max_queue;
  result.memory_limit_bytes = x.memory_limit_mb * megabyte;
  result.recycle_runs = x.recycle_runs;
  result.recycle_age = std::chrono::minutes{x.recycle_minutes};
  result.recycle_memory_bytes = x.recycle_memory_mb * megabyte;
  result.start_timeout = x.start_timeout;
  result.grace = x.grace;
  return result;
}

lm_options default_model(const lm_settings& x, const std::string& base_url) {
  auto result = lm_options{};
  result.model = x.model;
  result.base_url = base_url;
  result.api_key = x.api_key.reveal();
  result.temperature = x.temperature;
  if (x.max_tokens)
    result.max_tokens = static_cast<int64_t>(*x.max_tokens);
  result.max_retries = static_cast<int32_t>(x.max_retries);
  return result;
}

result<backends> make_backends(const configuration& config,
                               std::map<std::string, adapter_factory> own,
                               std::vector<tool> tools,
                               std::map<std::string, reward_function> rewards) {
  auto out = backends{};
  out.lm_base_url = config.lm.base_url;
  if (config.lm.base_url == "sim:") {
    auto sim = lm_sim::start({});
    if (!sim)
      return fail(sim.error());
    out.simulated_model = std::move(*sim);
    out.lm_base_url = out.simulated_model->base_url();
  }
  for (auto& [type, _] : own)
    if (!is_adapter_type(type))
      return fail(errc::invalid_option,
                  "Adapter type must match ^[a-z][a-z0-9_]{0,62}$, got \""
                    + type + '"');
  auto client = make_client_options(config.lm);
  if (!client)
    return fail(std::move(client.error()));
  out.factories = std::move(own);
  for (auto& x : tools)
    if (auto ok = check_tool(x); !ok)
      return fail(std::move(ok.error()));
  auto model = default_model(config.lm, out.lm_base_url);
  out.factories.try_emplace(
    "native", native_adapter_factory({.defaults = model,
                                      .tools = std::move(tools),
                                      .rewards = std::move(rewards),
                                      .client = std::move(*client)}));
  out.factories.try_emplace(
    "python_port",
    python_port_adapter_factory(python_options(config, std::move(model))));
  out.factories.try_emplace("mock",
                            mock_adapter_factory(to_options(config.mock)));
  return out;
}

} // namespace dspex
