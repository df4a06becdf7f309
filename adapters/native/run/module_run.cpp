#include "adapters/native/run/module_run.hpp"

#include <utility>

#include "adapters/native/run/predict_run.hpp"
#include "adapters/native/run/react_run.hpp"

namespace dspex {

void start_module_run(const std::shared_ptr<conversation>& with,
                      conversation::audience who, fields_callback then) {
  if (with->program().plan.kind == module_kind::react)
    start_react_run(with, who, std::move(then));
  else
    start_predict_run(with, who, std::move(then));
}

} // namespace dspex
