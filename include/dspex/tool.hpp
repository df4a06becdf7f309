#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// Something that a program may call while it works on an answer.
struct tool {
  /// What the model calls it: a letter, then letters, digits and `_`; not
  /// `finish`, which ends the work.
  std::string name;
  /// For the model; may be empty.
  std::string description;
  /// JSON Schema of each argument by its name, in order, e.g. `{"city":
  /// {"type": "string"}}`. An argument with a `default` may be left out.
  json arguments = json::object();
  /// Called with an object that fits the schemas, defaults filled in. Runs on a
  /// thread of the adapter, several at once; may block. An error, or an
  /// exception, is told to the model, not to the caller.
  std::function<result<json>(const json& arguments)> call;
  /// After this the model is told that there was no answer in time. The call
  /// itself goes on; its result is dropped.
  std::chrono::milliseconds timeout{30'000};
};

/// Judges the outputs of a run: the higher the better.
///
/// Called on the adapter's threads, several at once. An exception counts as a
/// failed attempt.
using reward_function
  = std::function<double(const json& inputs, const json& outputs)>;

} // namespace dspex
