// The conformance suite of adapters on real DSPy: with the simulated model,
// and with DSPy's own DummyLM.

#include "simulator/lm_sim.hpp"
#include "tests/adapters/http_server.hpp"
#include "tests/adapters/python_port/workers.hpp"
#include "tests/conformance/adapter_conformance.hpp"

namespace dspex::test {

namespace {

json python_lm(const std::string& base_url) {
  return json::object({{"lm", json::object({{"base_url", base_url}})}});
}

class python_subject : public adapter_subject {
public:
  python_subject(std::string backend, std::string quick_url,
                 std::string hanging_url)
    : options_(worker_options(backend)), hanging_url_(std::move(hanging_url)) {
    options_.lm.base_url = std::move(quick_url);
    // Importing DSPy takes a core for seconds.
    options_.workers = 1;
    options_.threads = 4;
  }

  std::unique_ptr<adapter> make(adapter_host& host) override {
    return python_port_adapter_factory(options_)(host);
  }

  json quick() const override {
    return json::object();
  }

  json hanging() const override {
    return python_lm(hanging_url_);
  }

  json refused() const override {
    return json::object({{"modules", "NoSuchModule"}});
  }

  bool ends_at_deadline() const override {
    return true;
  }

private:
  python_port_options options_;
  std::string hanging_url_;
};

/// Real requests over HTTP.
class simulated_subject : public adapter_subject {
public:
  simulated_subject()
    : sim_(lm_sim::start({}).value()),
      silent_([](exchange& x) { x.wait_for_client_to_go(); }),
      python_("", sim_->base_url(), silent_.base_url()) {
  }

  std::unique_ptr<adapter> make(adapter_host& host) override {
    return python_.make(host);
  }

  json quick() const override {
    return python_.quick();
  }

  json hanging() const override {
    return python_.hanging();
  }

  json refused() const override {
    return python_.refused();
  }

  bool ends_at_deadline() const override {
    return true;
  }

private:
  std::unique_ptr<lm_sim> sim_;
  http_server silent_;
  python_subject python_;
};

class python_environment : public ::testing::Environment {
public:
  void SetUp() override {
    if (lacks_dspy())
      GTEST_SKIP() << no_dspy;
  }
};

[[maybe_unused]] auto* const environment
  = ::testing::AddGlobalTestEnvironment(new python_environment);

INSTANTIATE_TEST_SUITE_P(DspyWithDummyLM, adapter_conformance,
                         ::testing::Values([] {
                           return std::make_unique<python_subject>(
                             "answering_backend", "http://answers.invalid",
                             "http://hang.invalid");
                         }));

INSTANTIATE_TEST_SUITE_P(DspyWithSimulatedModel, adapter_conformance,
                         ::testing::Values([] {
                           return std::make_unique<simulated_subject>();
                         }));

} // namespace

} // namespace dspex::test
