#include "adapters/mock/adapter.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "adapters/mock/random.hpp"
#include "adapters/mock/values.hpp"

namespace dspex {

namespace {

using std::chrono::nanoseconds;

struct settings {
  int64_t seed = 0;
  nanoseconds latency{0};
  double error_rate = 0;
};

// More than an hour is a mistake of units.
constexpr auto max_latency_ms = 3'600'000.0;

result<double> number_setting(const json& value, std::string_view key,
                              double max) {
  auto in_range = value.is_number() && value.get<double>() >= 0
                  && value.get<double>() <= max;
  if (!in_range)
    return fail(errc::invalid_option,
                "lm." + std::string{key} + " must be a number from 0 to "
                  + dump_json(json(static_cast<int64_t>(max))) + ", got "
                  + dump_json(value).substr(0, 80),
                json{{"key", "lm." + std::string{key}}});
  return value.get<double>();
}

// Reads the keys that are the mock's; the others belong to real models.
result<settings> read_settings(const mock_options& options,
                               const json& configuration) {
  auto out = settings{options.seed, options.latency, options.error_rate};
  auto lm = configuration.find("lm");
  if (lm == configuration.end() || !lm->is_object())
    return out;
  if (auto i = lm->find("seed"); i != lm->end()) {
    if (!i->is_number_integer())
      return fail(errc::invalid_option,
                  "lm.seed must be an integer, got "
                    + dump_json(*i).substr(0, 80),
                  json{{"key", "lm.seed"}});
    out.seed = i->get<int64_t>();
  }
  if (auto i = lm->find("latency_ms"); i != lm->end()) {
    auto ms = number_setting(*i, "latency_ms", max_latency_ms);
    if (!ms)
      return fail(std::move(ms.error()));
    out.latency = nanoseconds{static_cast<int64_t>(*ms * 1e6)};
  }
  if (auto i = lm->find("error_rate"); i != lm->end()) {
    auto rate = number_setting(*i, "error_rate", 1);
    if (!rate)
      return fail(std::move(rate.error()));
    out.error_rate = *rate;
  }
  return out;
}

class mock_adapter : public adapter {
public:
  mock_adapter(mock_options options, adapter_host& host)
    : options_(std::move(options)), host_(host) {
  }

  result<void> check(const any_signature&,
                     const json& configuration) const override {
    auto settings = read_settings(options_, configuration);
    if (!settings)
      return fail(std::move(settings.error()));
    return {};
  }

  void create_program(std::shared_ptr<const backend_program> program,
                      create_callback done) override {
    auto reply = backend_id(*program);
    if (options_.create_latency.count() == 0) {
      done(std::move(reply));
      return;
    }
    host_.after(options_.create_latency,
                [done = std::move(done), reply = std::move(reply)]() mutable {
                  done(std::move(reply));
                });
  }

  void execute(backend_run run, run_callback done) override {
    auto settings = read_settings(options_, run.program->configuration);
    if (!settings) {
      done({fail(std::move(settings.error()))});
      return;
    }
    auto hash = mock_hash(run.program->signature, run.inputs.value(),
                          settings->seed);
    auto random = mock_random{hash + static_cast<uint64_t>(run.attempt)};
    auto delay = settings->latency;
    if (options_.jitter.count() > 0) {
      auto spread = (2 * random.fraction() - 1)
                    * static_cast<double>(options_.jitter.count());
      delay = std::max(nanoseconds{0},
                       delay + nanoseconds{static_cast<int64_t>(spread)});
    }
    auto injected = random.fraction() < settings->error_rate;
    deliver(run.id, delay,
            injected ? result<json>{fail(options_.error_code,
                                         "mock error, as configured")}
                     : mock_outputs(run.program->signature, hash),
            std::move(done));
  }

  void cancel(execution_id id) override {
    waiting_.erase(id);
  }

  void delete_program(const std::string&) override {
  }

private:
  struct waiting_run {
    // Tells a second run of the same id from the first one's timer.
    uint64_t epoch = 0;
    result<json> outputs;
    run_callback done;
  };

  static std::string backend_id(const backend_program& program) {
    return "mock-" + to_string(program.id) + "-"
           + std::to_string(program.generation);
  }

  void deliver(execution_id id, nanoseconds delay, result<json>&& outputs,
               run_callback&& done) {
    if (delay.count() == 0) {
      done({std::move(outputs)});
      return;
    }
    auto epoch = ++last_epoch_;
    waiting_.insert_or_assign(
      id, waiting_run{epoch, std::move(outputs), std::move(done)});
    host_.after(delay, [this, id, epoch] {
      auto i = waiting_.find(id);
      if (i == waiting_.end() || i->second.epoch != epoch)
        return;
      auto ready = std::move(i->second);
      waiting_.erase(i);
      ready.done({std::move(ready.outputs)});
    });
  }

  mock_options options_;
  adapter_host& host_;
  std::unordered_map<execution_id, waiting_run> waiting_;
  uint64_t last_epoch_ = 0;
};

} // namespace

adapter_factory mock_adapter_factory(mock_options options) {
  return [options = std::move(options)](adapter_host& host) {
    return std::make_unique<mock_adapter>(options, host);
  };
}

} // namespace dspex
