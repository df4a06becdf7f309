#include "tests/conformance/adapter_conformance.hpp"

#include "adapters/mock/adapter.hpp"
#include "adapters/native/run/native_adapter.hpp"
#include "simulator/lm_sim.hpp"
#include "tests/adapters/http_server.hpp"

namespace dspex::test {

namespace {

json with_lm(const std::string& key, json value) {
  auto result = json::object();
  result["lm"] = json::object();
  result["lm"][key] = std::move(value);
  return result;
}

class mock_subject : public adapter_subject {
public:
  std::unique_ptr<adapter> make(adapter_host& host) override {
    return mock_adapter_factory()(host);
  }

  json quick() const override {
    return json::object();
  }

  json hanging() const override {
    return with_lm("latency_ms", 3'600'000);
  }

  json refused() const override {
    return with_lm("error_rate", 2);
  }

  bool ends_at_deadline() const override {
    return false;
  }
};

class native_subject : public adapter_subject {
public:
  native_subject()
    : sim_(lm_sim::start({}).value()),
      silent_([](exchange& x) { x.wait_for_client_to_go(); }) {
  }

  std::unique_ptr<adapter> make(adapter_host& host) override {
    auto settings = lm_options{};
    settings.model = "openai/sim";
    settings.base_url = sim_->base_url();
    return native_adapter_factory({.defaults = settings})(host);
  }

  json quick() const override {
    return json::object();
  }

  json hanging() const override {
    return with_lm("base_url", silent_.base_url());
  }

  json refused() const override {
    return with_lm("no_such_key", 1);
  }

  bool ends_at_deadline() const override {
    return true;
  }

private:
  std::unique_ptr<lm_sim> sim_;
  http_server silent_;
};

INSTANTIATE_TEST_SUITE_P(Mock, adapter_conformance, ::testing::Values([] {
                           return std::make_unique<mock_subject>();
                         }));

INSTANTIATE_TEST_SUITE_P(Native, adapter_conformance, ::testing::Values([] {
                           return std::make_unique<native_subject>();
                         }));

} // namespace

} // namespace dspex::test
