#include "adapters/python_port/python_port_adapter.hpp"

#include <unordered_map>
#include <utility>

#include "adapters/python_port/definition.hpp"
#include "adapters/python_port/worker_pool.hpp"

namespace dspex {

namespace {

// Importing the modules that a program names may take long; callers that wait
// for it have deadlines of their own.
constexpr auto create_timeout = std::chrono::minutes{10};

using program_ptr = std::shared_ptr<const python_program>;

std::string backend_id(const backend_program& program) {
  return "python-" + to_string(program.id) + "-"
         + std::to_string(program.generation);
}

backend_reply read_reply(result<json> outcome) {
  auto metadata = json::object();
  if (!outcome) {
    auto& err = outcome.error();
    // A run cannot repair the options that its program was made with.
    if (err.code == errc::invalid_option)
      err.code = errc::backend_failed;
    if (auto i = err.details.find("raw"); i != err.details.end()) {
      metadata["raw"] = std::move(*i);
      err.details.erase("raw");
    }
    return {fail(std::move(err)), std::move(metadata)};
  }
  auto outputs = outcome->find("outputs");
  if (outputs == outcome->end() || !outputs->is_object())
    return {fail(errc::backend_failed, "The Python worker answered without "
                                       "outputs"),
            std::move(metadata)};
  if (auto i = outcome->find("metadata");
      i != outcome->end() && i->is_object()) {
    metadata = std::move(*i);
  }
  return {std::move(*outputs), std::move(metadata)};
}

class python_port_adapter : public adapter {
public:
  python_port_adapter(const python_port_options& options, adapter_host& host)
    : allowed_(options.allowed_modules), pool_(options, host) {
  }

  result<void> check(const any_signature& sig,
                     const json& configuration) const override {
    return check_python_configuration(sig, configuration, allowed_);
  }

  void create_program(std::shared_ptr<const backend_program> program,
                      create_callback done) override {
    if (auto ok = check(program->signature, program->configuration); !ok)
      return done(fail(std::move(ok.error())));
    auto id = backend_id(*program);
    programs_.erase(id);
    auto request = pool_request{};
    request.program = find_or_make(*program);
    request.deadline = std::chrono::steady_clock::now() + create_timeout;
    request.done = [id, done = std::move(done)](result<json> outcome) {
      if (outcome)
        return done(id);
      done(fail(std::move(outcome.error())));
    };
    pool_.submit(std::move(request));
  }

  void execute(backend_run run, run_callback done) override {
    auto request = pool_request{};
    request.program = find_or_make(*run.program);
    request.inputs = dump_json(*run.inputs);
    request.execution = run.id;
    request.deadline = run.deadline;
    request.done = [done = std::move(done)](result<json> outcome) {
      done(read_reply(std::move(outcome)));
    };
    pool_.submit(std::move(request));
  }

  void cancel(execution_id id) override {
    pool_.cancel(id);
  }

  void delete_program(const std::string& backend_program_id) override {
    programs_.erase(backend_program_id);
    pool_.forget(backend_program_id);
  }

private:
  program_ptr find_or_make(const backend_program& program) {
    auto& place = programs_[backend_id(program)];
    if (place == nullptr)
      place = std::make_shared<const python_program>(python_program{
        backend_id(program), dump_json(python_definition(
                               program.signature, program.configuration))});
    return place;
  }

  std::vector<std::string> allowed_;
  std::unordered_map<std::string, program_ptr> programs_;
  // The pool comes last: its thread ends before the other members go.
  worker_pool pool_;
};

} // namespace

adapter_factory python_port_adapter_factory(python_port_options options) {
  return [options = std::move(options)](adapter_host& host) {
    return std::make_unique<python_port_adapter>(options, host);
  };
}

} // namespace dspex
