#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// A function that a program may call while it works on an answer.
struct tool {
  /// The name by which the model calls the tool: a letter, then letters, digits
  /// and `_`; not `finish`, which ends the work.
  std::string name;
  /// The model reads this to decide when to call the tool; may be empty.
  std::string description;
  /// JSON Schema of each argument by its name, in order, e.g. `{"city":
  /// {"type": "string"}}`. An argument with a `default` may be left out.
  json arguments = json::object();
  /// The function. Its argument is an object that fits the schemas, with the
  /// defaults filled in. Calls come on the adapter's threads, several at once,
  /// and may block. The model receives an error or an exception as its answer;
  /// the caller of the run does not.
  std::function<result<json>(const json& arguments)> call;
  /// How long the model waits for an answer. After that the model learns that
  /// there was none in time; the call itself goes on, and its result is
  /// dropped.
  std::chrono::milliseconds timeout{30'000};
};

/// Judges the outputs of a run: the higher the result, the better they are.
///
/// Calls come on the adapter's threads, several at once. An exception counts as
/// a failed attempt.
using reward_function
  = std::function<double(const json& inputs, const json& outputs)>;

} // namespace dspex
