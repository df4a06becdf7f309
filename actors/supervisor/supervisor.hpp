#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_clock.hpp>
#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/timespan.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "core/backoff.hpp"
#include "messages/children.hpp"

namespace dspex {

/// When a child that ended is started again. These are the three types of OTP,
/// complete on purpose, although a node's own tree uses `permanent` only.
enum class restart_type {
  /// Always.
  permanent,
  /// Only after an abnormal end: any reason but none, `normal` and
  /// `user_shutdown`.
  transient,
  /// Never, not even for a sibling's sake.
  temporary,
};

/// Which siblings are started again together with a child that failed. These
/// are the strategies of OTP, complete on purpose, although a node's own tree
/// uses `one_for_one` only.
enum class restart_strategy {
  /// No sibling: the children do not depend on each other.
  one_for_one,
  /// All siblings: each child depends on each.
  one_for_all,
  /// The siblings to its right: they depend on the child.
  rest_for_one,
};

/// How to start one child and what to do when it ends.
struct child_spec {
  /// Names the child in logs and metrics.
  std::string name;
  /// Spawns the child and registers its name; throwing is a failed start.
  std::function<caf::actor(caf::actor_system&)> start;
  /// Unregisters its name. Called at once when the child is down.
  std::function<void()> on_down = [] {};
  restart_type restart = restart_type::permanent;
  /// What an ordered stop grants before it kills.
  caf::timespan shutdown_timeout = std::chrono::seconds{5};
  /// Whether the child is a supervisor itself.
  bool is_supervisor = false;
};

/// Returns how long an ordered stop of these children takes at most: they stop
/// one after the other.
[[nodiscard]] caf::timespan stop_time(const std::vector<child_spec>& specs);

/// What `supervisor_options::observe` is told: an incarnation of a child began
/// or ended.
struct child_event {
  enum class kind {
    started,
    /// The child ended by itself, or was stopped for a sibling's sake. An end
    /// by an ordered stop of the supervisor is no event.
    ended,
  };

  kind what = kind::started;
  std::string supervisor;
  std::string child;
  /// 1 for the first.
  size_t incarnation = 0;
  /// Why it ended.
  caf::error reason;
};

struct supervisor_options {
  std::string name = "supervisor";
  restart_strategy strategy = restart_strategy::one_for_one;
  /// More failed starts than `intensity` within `period` end the supervisor
  /// with the child's reason: its own parent decides what is next. A burst of
  /// five is tolerated, one in six seconds for ever.
  size_t intensity = 5;
  caf::timespan period = std::chrono::seconds{30};
  backoff delay;
  /// A child that stayed up this long starts its count of failures anew.
  caf::timespan reset_after = std::chrono::seconds{60};
  /// Death before this uptime is a failed start and spends the budget. One that
  /// dies later is replaced at once and costs nothing.
  caf::timespan start_window = std::chrono::seconds{10};
  /// Seeds the random numbers of the jitter.
  uint64_t seed = 0;
  /// Called inside the supervisor with each event: must neither block nor
  /// throw.
  std::function<void(const child_event&)> observe = [](const child_event&) {};
};

/// Tells a supervisor that the delay before the restart of a child is over.
struct restart_tick {
  size_t child = 0;
  uint64_t epoch = 0;
};

/// Tells a supervisor that a child has had its time to stop.
struct kill_tick {
  size_t child = 0;
  uint64_t epoch = 0;
};

/// Starts children from left to right, restarts those that end by themselves,
/// and stops them from right to left.
using supervisor_actor
  = caf::typed_actor<caf::replies_to<which_children>::with<children>,
                     // INTERNAL: a restart is due.
                     caf::reacts_to<restart_tick>,
                     // INTERNAL: a child did not stop in time.
                     caf::reacts_to<kill_tick>>;

/// A child that fails is one incident. It dooms the children that its strategy
/// names; when all of them are down, stopped one after the other from right to
/// left, and the delay is over, they start again from left to right. Whatever
/// else happens to the doomed until then is the same incident.
class supervisor_state {
public:
  static constexpr const char* name = "dspex.supervisor";

  supervisor_state() = default;

  /// Kills the remaining children, so that killing or crashing a supervisor
  /// leaves no orphans: nobody is there to see them end in order.
  ~supervisor_state();

  supervisor_actor::behavior_type
  init(supervisor_actor::stateful_pointer<supervisor_state> self,
       supervisor_options options, std::vector<child_spec> specs);

private:
  using time_point = caf::actor_clock::time_point;

  struct child {
    child_spec spec;
    caf::actor handle;
    caf::actor_addr addr;
    size_t incarnation = 0;
    size_t failures = 0;
    time_point started_at;
    /// Asked to stop, not down yet.
    bool stopping = false;
    /// Each timer carries the epoch in which it was set; one of an earlier
    /// epoch does nothing.
    uint64_t epoch = 0;
  };

  [[nodiscard]] time_point now() const;

  // -- starting ---------------------------------------------------------------

  void start(size_t index);
  /// Starts the children from `first` on, until one of them fails and dooms
  /// the rest.
  void start_from(size_t first);

  // -- failing ----------------------------------------------------------------

  void on_down(const caf::actor_addr& who, const caf::error& reason);
  void failed(size_t index, const caf::error& reason, caf::timespan uptime);
  [[nodiscard]] caf::timespan delay_after(child& x, caf::timespan uptime);
  [[nodiscard]] bool is_doomed(size_t index) const {
    return index >= doomed_from_;
  }
  /// Says that an incarnation is over and when the next one begins.
  void report(const child& x, const caf::error& reason,
              std::optional<caf::timespan> delay);

  // -- stopping ---------------------------------------------------------------

  void stop(caf::error reason);
  /// Asks the last child that has to end to stop; when none is left, starts the
  /// doomed ones again, or ends the supervisor.
  void stop_next();

  // -- member variables -------------------------------------------------------

  supervisor_actor::stateful_pointer<supervisor_state> self_ = nullptr;
  supervisor_options options_;
  std::vector<child> children_;
  /// When starts failed, within the period.
  std::deque<time_point> failures_;
  std::mt19937_64 random_;
  /// Children from here on go down and start again together, not before
  /// `restart_at_`. None unless a strategy for groups is at work.
  size_t doomed_from_ = 0;
  time_point restart_at_;
  /// Set once the supervisor is on its way out.
  std::optional<caf::error> stopping_;
};

supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
           supervisor_options options, std::vector<child_spec> specs);

} // namespace dspex

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::restart_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::kill_tick)
