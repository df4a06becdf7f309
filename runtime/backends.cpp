#include "runtime/backends.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "adapters/mock_adapter.hpp"
#include "adapters/native/native_adapter.hpp"
#include "adapters/native/tool_pool.hpp"
#include "adapters/python_port/python_package.hpp"
#include "adapters/python_port/python_port_adapter.hpp"
#include "runtime/lm_client_options.hpp"

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
  // Whatever is allowed as inputs has to fit, with the program around it.
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
  auto client = make_lm_client_options(config.lm);
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
