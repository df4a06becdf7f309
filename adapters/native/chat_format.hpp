#pragma once

#include <string>
#include <vector>

#include "dspex/any_signature.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// How a program asks: DSPy's modules that this backend knows.
enum class chat_module {
  /// Asks for the outputs.
  predict,
  /// Asks for `reasoning` first, then the outputs.
  chain_of_thought,
};

/// The name of the output that `chain_of_thought` puts before the others.
inline constexpr auto reasoning_field = "reasoning";

/// What the model is told and asked for: the fields of a signature as its
/// module arranges them, with types that Python has.
struct chat_task {
  std::vector<field> inputs;
  /// With `reasoning` where the module adds it.
  std::vector<field> outputs;
  /// Never empty: DSPy's default stands in for missing ones.
  std::string instructions;
};

/// @pre no field is called `reasoning` if the module adds one.
[[nodiscard]] chat_task make_chat_task(const any_signature& sig,
                                       chat_module how);

/// The system message of DSPy 3.3.1's ChatAdapter, byte for byte: fields,
/// structure, task.
///
/// Constraints that DSPy does not know (`pattern`, `one_of`, `unique`) follow
/// those it knows on the same line.
[[nodiscard]] std::string render_system_message(const chat_task& task);

/// The user message of one request: the inputs that are there, in order, and
/// what is expected.
[[nodiscard]] std::string render_user_message(const chat_task& task,
                                              const json& inputs);

} // namespace dspex
