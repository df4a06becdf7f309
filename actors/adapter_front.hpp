#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <caf/stateful_actor.hpp>

#include "dspex/adapter.hpp"
#include "messages/actors.hpp"

namespace dspex {

/// Receives the name of a part that an adapter has started again. It is called
/// from any thread.
using restart_note = std::function<void(const std::string&)>;

/// The front of one backend: owns one incarnation of its adapter and is the
/// thread that calls it.
///
/// The front keeps no table of runs: replies go straight to the program that
/// sent the run. When the front dies its adapter goes with it; the programs see
/// that and answer the runs that they had there with `backend_unavailable`.
class adapter_front_state {
public:
  static constexpr const char* name = "dspex.adapter";

  adapter_actor::behavior_type
  init(adapter_actor::stateful_pointer<adapter_front_state> self,
       const adapter_factory& make, restart_note note);

private:
  void execute(std::vector<backend_run> runs, const program_actor& program);
  /// Deletes a backend program. A failure is logged and tried again later; no
  /// request waits for it.
  void erase(const std::string& id, size_t attempt);

  std::unique_ptr<adapter_host> host_;
  std::unique_ptr<adapter> adapter_;
};

adapter_actor::behavior_type
adapter_front(adapter_actor::stateful_pointer<adapter_front_state> self,
              adapter_factory make, restart_note note);

} // namespace dspex
