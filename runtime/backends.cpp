#include "runtime/backends.hpp"

#include <algorithm>
#include <utility>

#include "adapters/mock_adapter.hpp"
#include "adapters/native/native_adapter.hpp"
#include "adapters/native/tool_pool.hpp"

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

} // namespace

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
  out.factories = std::move(own);
  for (auto& x : tools)
    if (auto ok = check_tool(x); !ok)
      return fail(std::move(ok.error()));
  out.factories.try_emplace(
    "native", native_adapter_factory(
                {.defaults = default_model(config.lm, out.lm_base_url),
                 .tools = std::move(tools),
                 .rewards = std::move(rewards)}));
  out.factories.try_emplace("mock",
                            mock_adapter_factory(to_options(config.mock)));
  return out;
}

} // namespace dspex
