#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/native/chat/prompt.hpp"
#include "dspex/any_signature.hpp"
#include "dspex/tool.hpp"

namespace dspex {

/// DSPy's modules that this backend runs.
enum class module_kind {
  predict,
  chain_of_thought,
  multi_chain_comparison,
  react,
};

/// The prompts of one `dspy.Predict`.
struct predictor {
  prompt first;
  /// This prompt is asked if the first reply cannot be read.
  std::optional<prompt> second;
};

/// `BestOfN`: runs the module again until an attempt is good enough.
struct best_of_n {
  size_t attempts = 3;
  double threshold = 0;
  /// Name of a registered reward.
  std::string reward;
  /// How many attempts may fail.
  size_t allowed_failures = 3;
};

/// How a program is run: all of its configuration but the LM's settings.
struct program_plan {
  module_kind kind = module_kind::predict;
  /// The predictor `Predict`, `ChainOfThought.predict` or `ReAct.react`.
  predictor main;
  /// The predictor `ReAct.extract`.
  std::optional<predictor> extract;
  std::optional<best_of_n> best;
  /// The temperature that the module sets unless the program does.
  std::optional<double> temperature;
  /// How many tools a ReAct may call before it has to answer.
  size_t max_iterations = 20;
  /// How many chains are compared.
  size_t chains = 3;
  /// Names of tools, in the order in which the model is told of them.
  std::vector<std::string> tools;
};

/// Reads `modules` and `tools` of a configuration.
///
/// `modules` is the name of a module or `{"name", "adapter": "chat" | "json",
/// "json_fallback", "max_iters", "arguments", "state"}`; `tools` are names of
/// registered ones. `arguments` are those of DSPy's constructors: `M`,
/// `temperature`; `module`, `N`, `threshold`, `reward`, `fail_count`. `state`
/// is what an import makes of a saved program.
/// @param tools those that are registered.
/// @returns `invalid_option` with details `{"key"}`.
[[nodiscard]] result<program_plan> plan_program(const any_signature& sig,
                                                const json& configuration,
                                                const std::vector<tool>& tools);

/// The inputs of the main predictor for those of a run: the attempts of a
/// comparison in words, the trajectory of a ReAct so far.
/// @returns `invalid_input` if there are not as many attempts as there should
///          be.
[[nodiscard]] result<json> predictor_inputs(const program_plan& plan,
                                            const json& inputs);

/// The input of a `MultiChainComparison` that has the attempts.
inline constexpr auto completions_field = "completions";

} // namespace dspex
