#include "tests/runtime/keyed_calls.hpp"

#include <chrono>
#include <stdexcept>

#include "adapters/mock/adapter.hpp"
#include "dspex/dspex.hpp"
#include "tests/support/mock_script.hpp"

namespace dspex::test {

namespace {

std::string line_of(const result<execution_result>& x) {
  if (!x)
    return to_string(x.error());
  return to_string(x->id) + ' ' + dump_json(*x->outputs) + ' '
         + std::to_string(x->duration_us);
}

} // namespace

keyed_outcome call_with_one_key(const std::string& store_url,
                                const std::string& program, size_t callers) {
  auto script = std::make_shared<mock_script>();
  auto mock = mock_options{};
  mock.latency = std::chrono::seconds{1};
  auto options = runtime_options{.store_url = store_url};
  options.config.log.level = "off";
  options.adapters["mock"] = scripted_adapter_factory(script, mock);
  auto node = runtime::start(std::move(options));
  if (!node)
    throw std::runtime_error(to_string(node.error()));
  auto handles = std::vector<execution_handle>{};
  for (size_t i = 0; i < callers; ++i)
    handles.push_back(node->client().execute_program_async(
      program, {{"question", "why?"}}, {{"idempotency_key", "order 66"}}));
  auto out = keyed_outcome{};
  for (auto& x : handles)
    out.answers.push_back(line_of(x.get()));
  out.model_calls = script->count(mock_call::kind::execute);
  return out;
}

} // namespace dspex::test
