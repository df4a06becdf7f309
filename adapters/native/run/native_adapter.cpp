#include "adapters/native/run/native_adapter.hpp"

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <unordered_map>

#include "adapters/native/run/best_of_n_run.hpp"
#include "adapters/native/run/module_run.hpp"

namespace dspex {

namespace {

using prepared_ptr = std::shared_ptr<const prepared_program>;

class native_adapter : public adapter {
public:
  native_adapter(native_options options, adapter_host& host)
    : options_(std::move(options)), host_(host), model_(make_model()) {
    for (auto& x : options_.tools)
      if (auto ok = check_tool(x); !ok)
        throw std::runtime_error{ok.error().message};
  }

  ~native_adapter() override {
    {
      auto lock = std::lock_guard{mutex_};
      for (auto& [id, run] : runs_)
        run->cancel();
    }
    // The pool closes before the model goes: a tool that is still running may
    // ask the model.
    pool_.close();
  }

  result<void> check(const any_signature& sig,
                     const json& configuration) const override {
    auto prepared = prepare(sig, configuration);
    if (!prepared)
      return fail(std::move(prepared.error()));
    return {};
  }

  void create_program(std::shared_ptr<const backend_program> program,
                      create_callback done) override {
    auto id = backend_id(*program);
    programs_.erase(id);
    if (auto prepared = find_or_prepare(*program); !prepared)
      done(fail(std::move(prepared.error())));
    else
      done(std::move(id));
  }

  void execute(backend_run run, run_callback done) override {
    auto prepared = find_or_prepare(*run.program);
    if (!prepared) {
      done({fail(std::move(prepared.error())), json::object()});
      return;
    }
    auto id = run.id;
    auto started = std::make_shared<conversation>(
      run_services{*model_, pool_, host_}, *prepared, std::move(run),
      [this, id, done = std::move(done)](backend_reply reply) {
        forget(id);
        done(std::move(reply));
      });
    {
      auto lock = std::lock_guard{mutex_};
      runs_[id.value] = started;
    }
    start(started);
  }

  void cancel(execution_id id) override {
    if (auto run = forget(id))
      run->cancel();
    model_->cancel(id.value);
  }

  void delete_program(const std::string& backend_program_id) override {
    programs_.erase(backend_program_id);
  }

private:
  static std::string backend_id(const backend_program& program) {
    return "native-" + to_string(program.id) + "-"
           + std::to_string(program.generation);
  }

  static void start(const std::shared_ptr<conversation>& with) {
    auto finish = [with](result<json> outputs) {
      with->finish(std::move(outputs));
    };
    if (with->program().plan.best)
      start_best_of_n_run(with, std::move(finish));
    else
      start_module_run(with, conversation::audience::caller, std::move(finish));
  }

  std::unique_ptr<language_model> make_model() const {
    if (options_.make_model)
      return options_.make_model();
    return std::make_unique<lm_client>(options_.client);
  }

  std::shared_ptr<conversation> forget(execution_id id) {
    auto lock = std::lock_guard{mutex_};
    auto i = runs_.find(id.value);
    if (i == runs_.end())
      return nullptr;
    auto run = std::move(i->second);
    runs_.erase(i);
    return run;
  }

  result<prepared_ptr> prepare(const any_signature& sig,
                               const json& configuration) const {
    auto plan = plan_program(sig, configuration, options_.tools);
    if (!plan)
      return fail(std::move(plan.error()));
    auto settings = merge_lm_settings(options_.defaults, configuration);
    if (!settings)
      return fail(std::move(settings.error()));
    auto out = std::make_shared<prepared_program>();
    if (!settings->temperature)
      settings->temperature = plan->temperature;
    if (plan->best) {
      auto i = options_.rewards.find(plan->best->reward);
      if (i == options_.rewards.end())
        return fail(errc::invalid_option,
                    "modules.arguments.reward is " + plan->best->reward
                      + ", which is not registered with the native adapter; "
                        "python_port calls Python functions",
                    json::object({{"key", "modules.arguments.reward"}}));
      out->reward = i->second;
    }
    for (auto& name : plan->tools)
      out->tools.push_back(
        *std::find_if(options_.tools.begin(), options_.tools.end(),
                      [&](auto& x) { return x.name == name; }));
    out->settings = std::make_shared<const lm_options>(std::move(*settings));
    out->plan = std::move(*plan);
    return out;
  }

  result<prepared_ptr> find_or_prepare(const backend_program& program) {
    auto id = backend_id(program);
    if (auto i = programs_.find(id); i != programs_.end())
      return i->second;
    auto prepared = prepare(program.signature, program.configuration);
    if (prepared)
      programs_.emplace(std::move(id), *prepared);
    return prepared;
  }

  native_options options_;
  std::unordered_map<std::string, prepared_ptr> programs_;
  std::mutex mutex_;
  std::unordered_map<uuid, std::shared_ptr<conversation>> runs_;
  adapter_host& host_;
  tool_pool pool_;
  // The model comes last: its threads end before the other members go.
  std::unique_ptr<language_model> model_;
};

} // namespace

adapter_factory native_adapter_factory(native_options options) {
  return [options = std::move(options)](adapter_host& host) {
    return std::make_unique<native_adapter>(options, host);
  };
}

} // namespace dspex
