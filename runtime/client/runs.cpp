#include <cmath>

#include "runtime/client/batch_run.hpp"
#include "runtime/client/impl.hpp"

namespace dspex {

namespace {

execution_id chosen_id(const json& options) {
  if (auto i = options.find("execution_id");
      i != options.end() && i->is_string())
    if (auto given = execution_id::parse(i->get<std::string>()))
      return *given;
  return execution_id::make();
}

result<execution_result> read_quick_result(const json& reply) {
  auto out = execution_result{};
  auto id = execution_id::parse(reply["execution_id"].get<std::string>());
  auto status
    = execution_status_from_string(reply["status"].get<std::string>());
  if (!id || !status)
    return fail(errc::internal, "program.quick_execute answered with something "
                                "that is no execution");
  out.id = *id;
  out.status = *status;
  out.outputs = document{reply["outputs"]};
  out.duration_us = std::llround(reply["duration_ms"].get<double>() * 1000.0);
  return out;
}

} // namespace

// -- one run ------------------------------------------------------------------

result<execution_result> client::execute_program(const record_ref& program,
                                                 json inputs,
                                                 json options) const {
  if (auto ok = may_wait(); !ok)
    return fail(ok.error());
  return execute_program_async(program, std::move(inputs), std::move(options))
    .get();
}

execution_handle client::execute_program_async(const record_ref& program,
                                               json inputs,
                                               json options) const {
  auto answer = pending<execution_result>{};
  auto id = execute_program_async(program, std::move(inputs),
                                  std::move(options), answer.done());
  return {id, std::move(answer.future),
          [self = *this, id] { return self.cancel(id); }};
}

execution_id client::execute_program_async(const record_ref& program,
                                           json inputs, json options,
                                           execution_callback done,
                                           chunk_callback on_chunk) const {
  auto id = chosen_id(options);
  impl_->execute(program, id, document{std::move(inputs)},
                 document{std::move(options)}, std::move(done),
                 std::move(on_chunk));
  return id;
}

result<execution_result>
client::quick_execute(const std::string& module, json inputs,
                      const quick_options& options) const {
  return wait(*this, &client::quick_execute_async, module, std::move(inputs),
              options);
}

future_result<execution_result>
client::quick_execute_async(const std::string& module, json inputs,
                            const quick_options& options) const {
  auto arguments = one_argument("module", module);
  arguments["inputs"] = std::move(inputs);
  add(arguments, "adapter_type", options.adapter);
  arguments["configuration"] = options.configuration;
  if (!options.options.is_null())
    arguments["options"] = options.options;
  return impl_->ask("program.quick_execute", std::move(arguments),
                    read_quick_result);
}

result<void> client::cancel(execution_id id) const {
  return wait(*this, &client::cancel_async, id);
}

future_result<void> client::cancel_async(execution_id id) const {
  return impl_->ask("execution.cancel", one_argument("execution", id),
                    no_value);
}

// -- many runs ----------------------------------------------------------------

result<batch_results> client::execute_batch(const record_ref& program,
                                            std::vector<json> inputs,
                                            batch_options options) const {
  return wait(*this, &client::execute_batch_async, program, std::move(inputs),
              std::move(options));
}

future_result<batch_results>
client::execute_batch_async(const record_ref& program, std::vector<json> inputs,
                            batch_options options) const {
  auto answer = pending<batch_results>{};
  if (auto ok = check_batch_options(options); !ok) {
    answer.promise->set_value(fail(ok.error()));
    return std::move(answer.future);
  }
  auto plan = batch_plan{};
  plan.inputs.reserve(inputs.size());
  for (auto& x : inputs)
    plan.inputs.emplace_back(std::move(x));
  plan.concurrency = options.concurrency;
  plan.progress = std::move(options.progress);
  plan.run = [node = impl_, program,
              shared = document{std::move(options.options)}](
               document item, execution_callback done) {
    node->execute(program, execution_id::make(), std::move(item), shared,
                  std::move(done));
  };
  plan.later = [node = impl_](std::chrono::milliseconds delay,
                              std::function<void()> task) {
    node->ctx->tasks.run_after(delay, std::move(task));
  };
  start_batch(std::move(plan), answer.done());
  return std::move(answer.future);
}

} // namespace dspex
