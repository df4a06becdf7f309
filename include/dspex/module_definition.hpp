#pragma once

#include <string>

namespace dspex {

/// A signature module that the embedding program defines, and that a node knows
/// from its start: see `runtime_options::modules`.
struct module_definition {
  /// The name of the module, e.g. `Support.Triage`.
  std::string module;
  /// The text of the signature, in DSPy's string form.
  std::string signature;
  /// The task that the model is given.
  std::string instructions{};
  std::string version = "1.0.0";
  std::string description{};
};

} // namespace dspex
