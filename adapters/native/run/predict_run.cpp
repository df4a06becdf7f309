#include "adapters/native/run/predict_run.hpp"

#include <utility>

#include "adapters/native/chat/module_signature.hpp"

namespace dspex {

namespace {

// The field that a module adds to the outputs of the signature, or null.
const char* added_field(module_kind kind) {
  switch (kind) {
    case module_kind::chain_of_thought:
      return reasoning_field;
    case module_kind::multi_chain_comparison:
      return "rationale";
    default:
      return nullptr;
  }
}

} // namespace

void start_predict_run(const std::shared_ptr<conversation>& with,
                       conversation::audience who, fields_callback then) {
  auto& plan = with->program().plan;
  auto inputs = predictor_inputs(plan, with->inputs());
  if (!inputs)
    return then(fail(std::move(inputs.error())));
  with->ask(plan.main, std::move(*inputs), who,
            [with, then = std::move(then)](result<json> fields) {
              auto* added = added_field(with->program().plan.kind);
              if (fields && added != nullptr) {
                with->metadata()[added] = std::move(fields->at(added));
                fields->erase(added);
              }
              then(std::move(fields));
            });
}

} // namespace dspex
