#pragma once

#include "adapters/python_port/options.hpp"
#include "dspex/adapter.hpp"

namespace dspex {

/// Makes the backend that runs programs with DSPy itself, in processes of
/// their own.
///
/// A program chooses by its configuration: `modules` is `"Predict"` (default),
/// `"ChainOfThought"`, `"ReAct"`, the import path of a `dspy.Module`, or an
/// object with `name`, `adapter`, `arguments`, `max_iters` and `state`; `tools`
/// are import paths; `lm` are settings of `dspy.LM` under dspex's names. The
/// reply's metadata has `lm` (tokens by name), `reasoning` of a chain of
/// thought, `fields` (what else the module returned), and `raw`, the start of a
/// reply that could not be read.
[[nodiscard]] adapter_factory
python_port_adapter_factory(python_port_options options);

} // namespace dspex
