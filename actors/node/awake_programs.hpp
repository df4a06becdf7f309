#pragma once

#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

#include "messages/actors.hpp"

namespace dspex {

/// Where a run finds its program without asking the manager: the programs that
/// take runs straight away. The manager keeps it. Thread safe.
class awake_programs {
public:
  void add(program_id id, program_actor program) {
    auto guard = std::unique_lock{mutex_};
    programs_.insert_or_assign(id, std::move(program));
  }

  void remove(program_id id) {
    auto guard = std::unique_lock{mutex_};
    programs_.erase(id);
  }

  /// Calls `send` with the handle of a program, if it is there. No program is
  /// removed meanwhile: what is sent within the call arrives before anything
  /// that is sent after a removal.
  /// @returns whether the program is there.
  template <class Send>
  bool reach(program_id id, Send&& send) const {
    auto guard = std::shared_lock{mutex_};
    auto i = programs_.find(id);
    if (i == programs_.end())
      return false;
    std::forward<Send>(send)(i->second);
    return true;
  }

private:
  /// Apart from its neighbours: every run takes it.
  alignas(64) mutable std::shared_mutex mutex_;
  std::unordered_map<program_id, program_actor> programs_;
};

} // namespace dspex
