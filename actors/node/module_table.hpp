#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "dspex/any_signature.hpp"

namespace dspex {

/// Where the process knows a module from; a later origin gives way to an
/// earlier one.
enum class module_origin { cpp, call, store };

/// A signature module: a named signature with a version.
struct signature_module {
  std::string name;
  dspex::any_signature signature;
  std::string version = "1.0.0";
  std::string description;
  module_origin origin = module_origin::call;
};

/// The signature modules of a process, one current version each. Outlives the
/// registry actor, as an ETS table outlives its owner. Thread safe.
class module_table {
public:
  /// Adds or replaces, unless there is one from an earlier origin.
  /// @returns the module that the process knows now.
  signature_module put(signature_module x) {
    auto guard = std::lock_guard{mutex_};
    auto [i, added] = modules_.try_emplace(x.name, x);
    if (!added && x.origin <= i->second.origin)
      i->second = std::move(x);
    return i->second;
  }

  [[nodiscard]] std::optional<signature_module>
  find(const std::string& name) const {
    auto guard = std::lock_guard{mutex_};
    if (auto i = modules_.find(name); i != modules_.end())
      return i->second;
    return std::nullopt;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, signature_module> modules_;
};

} // namespace dspex
