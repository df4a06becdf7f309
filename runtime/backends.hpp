#pragma once

#include <map>
#include <memory>
#include <string>

#include "adapters/native/lm/settings.hpp"
#include "adapters/python_port/options.hpp"
#include "dspex/adapter.hpp"
#include "dspex/config.hpp"
#include "dspex/tool.hpp"
#include "simulator/lm_sim.hpp"

namespace dspex {

/// What a node runs programs with.
struct backends {
  /// The factories, by adapter type.
  std::map<std::string, adapter_factory> factories;
  /// The model server that programs use unless they name another.
  std::string lm_base_url;
  /// The simulated server, if `lm.base_url` is `sim:`. It has to outlive the
  /// adapters.
  std::unique_ptr<lm_sim> simulated_model;
};

/// Returns the model of programs that do not choose their own, at `base_url`.
[[nodiscard]] lm_options default_model(const lm_settings& x,
                                       const std::string& base_url);

/// Returns how Python workers run, with a model for programs that do not choose
/// their own.
[[nodiscard]] python_port_options python_options(const configuration& config,
                                                 lm_options model);

/// Makes `native`, `python_port` and `mock` as configured, and adds those of
/// the embedder.
/// @param tools and @p rewards are for programs of `native`.
/// @returns `invalid_option` for an adapter type that is no name and for a tool
///          that cannot be used, and what `lm_sim::start` returns.
[[nodiscard]] result<backends>
make_backends(const configuration& config,
              std::map<std::string, adapter_factory> own,
              std::vector<tool> tools = {},
              std::map<std::string, reward_function> rewards = {});

} // namespace dspex
