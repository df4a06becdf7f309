#pragma once

#include <string>

namespace dspex {

/// A signature module of the program itself, which a node knows from its start:
/// see `runtime_options::modules`.
struct module_definition {
  /// E.g. `Support.Triage`.
  std::string module;
  /// In DSPy's string form.
  std::string signature;
  /// What the model is asked to do.
  std::string instructions{};
  std::string version = "1.0.0";
  std::string description{};
};

} // namespace dspex
