#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include <caf/stateful_actor.hpp>

#include "actors/node_context.hpp"
#include "config/execute_options.hpp"
#include "config/program_configuration.hpp"
#include "messages/promise.hpp"

namespace dspex {

/// What a program actor is woken with.
struct program_seed {
  program_record record;
  dspex::signature signature;
  program_configuration configuration;
  /// Of a run without options.
  document metadata;
};

/// One program: its lifecycle, its admission, its runs in flight.
///
/// Holds at most `max_concurrency` running and `max_queue` waiting runs. Every
/// accepted run leaves through `end`, exactly once: its record goes to the
/// tracker, and the caller is answered when that is committed (`sync`) or at
/// once (`async`).
class program_state {
public:
  static constexpr const char* name = "dspex.program";

  program_state() = default;

  /// Callers whose record is on its way hear `store_unavailable`; all others
  /// `backend_unavailable`, as their promises are dropped.
  ~program_state();

  program_actor::behavior_type
  init(program_actor::stateful_pointer<program_state> self, context_ptr ctx,
       program_seed seed);

private:
  using time_point = caf::actor_clock::time_point;

  enum class phase { accepted, waiting, running, ended };

  struct run {
    execution_record record;
    /// Not pending once the caller was answered.
    promise<execution_result> caller;
    dspex::durability durability = durability::sync;
    phase at = phase::accepted;
    time_point accepted;
    /// Of the run; once it has ended, until when its caller waits for the
    /// commit.
    time_point deadline;
    /// The adapter front that has it.
    caf::actor_addr holder;
    /// How often the terminal record went to a tracker.
    size_t handed_over = 0;
    /// For the caller; the record keeps code and message.
    json error_details;
  };

  // -- lifecycle --------------------------------------------------------------

  caf::result<document> handle(const action_request& request);
  void initialize(const promise<document>& answer);
  void describe_backend();
  void prepare_backend(const promise<document>& answer);
  void end_initialization(const promise<document>& answer,
                          result<std::string> outcome);
  /// For a program whose actor died in the middle: nobody else will end it.
  void close_lost_initialization();
  void archive(const promise<document>& answer);
  void drain();
  void delete_backend_program();
  /// Whether the record is at most a second old.
  [[nodiscard]] bool is_fresh() const;
  /// Calls `next` with a fresh record.
  void with_fresh_record(std::function<void()> next);
  void on_record(result<program_record> outcome);

  // -- runs (program_runs.cpp) ------------------------------------------------

  void accept_fresh(execute_call call);
  void accept(const execute_request& request,
              const promise<execution_result>& caller);
  [[nodiscard]] result<void> admit() const;
  /// Why a program that was told to stop takes no more runs.
  [[nodiscard]] error end_of_service() const;
  void start(run& x);
  void start_waiting();
  void on_backend_done(backend_done& msg);
  void retry_later(run& x);
  void on_committed(executions_committed& msg);
  void on_deadline();
  result<void> cancel(execution_id id, error why);
  /// Ends a run: `outputs` if it succeeded, the error else.
  void end(run& x, result<json> outputs);
  void answer(run& x, const result<void>& committed) const;
  void hand_over(run& x);
  void look_for_tracker();
  void tell_new_tracker();
  void set_deadline(run& x, time_point t);
  void arm_deadline();
  void quit_when_drained();

  void on_down(const caf::actor_addr& who);
  void watch(const caf::actor_addr& who);
  void watch_tracker(const caf::actor_addr& who);
  [[nodiscard]] time_point clock_now() const;

  // -- member variables -------------------------------------------------------

  program_actor::stateful_pointer<program_state> self_ = nullptr;
  context_ptr ctx_;
  program_record record_;
  signature signature_;
  program_configuration configuration_;
  /// Of a run without options; all such runs of all such programs share it.
  document metadata_;
  std::shared_ptr<const backend_program> backend_;
  time_point refreshed_;
  std::vector<std::function<void()>> waiting_for_record_;

  std::unordered_map<execution_id, run> runs_;
  /// No deque: that takes half a kilobyte while it is empty.
  std::list<execution_id> waiting_;
  size_t waiting_count_ = 0;
  size_t running_count_ = 0;
  std::set<std::pair<time_point, execution_id>> deadlines_;
  std::optional<time_point> armed_for_;
  uint64_t deadline_epoch_ = 0;
  bool looking_for_tracker_ = false;
  std::vector<caf::actor_addr> watched_;
  /// Each tracker that was told of a run and is not known to be dead: a record
  /// may still be on its way through one that has a successor.
  std::vector<caf::actor_addr> trackers_;
  /// Small, as there may be many programs.
  std::minstd_rand random_;
  /// Set while an archived or stopping program lets its runs finish.
  bool draining_ = false;
  std::optional<caf::error> stopping_;
};

program_actor::behavior_type
program(program_actor::stateful_pointer<program_state> self, context_ptr ctx,
        program_seed seed);

} // namespace dspex
