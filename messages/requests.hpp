#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <caf/actor_addr.hpp>
#include <caf/actor_clock.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include "dspex/adapter.hpp"
#include "dspex/protocol.hpp"
#include "dspex/records.hpp"
#include "messages/promise.hpp"
#include "persistence/store.hpp"

/// The messages between the actors inside a node. They share memory and never
/// leave the process: CAF refuses to serialise them.
namespace dspex {

/// A task for the actor that receives it, which runs it as any message: later,
/// or on that actor's own thread.
struct delayed_task {
  std::function<void()> run;
};

/// The answer to a request that either works or fails. CAF's own `unit_t`
/// arrives as an empty message, which no handler for it accepts.
struct done {};

// -- store --------------------------------------------------------------------

/// Blocking work for one connection of the store pool. The work leaves its
/// result where the sender can find it; the answer only says that it ran.
struct store_job {
  dspex::access access = dspex::access::read_only;
  std::function<void(store&)> work;
};

/// Tells the store pool that the answer to some job may be overdue.
struct deadline_tick {};

// -- executions ---------------------------------------------------------------

/// A run as readers find it while it is in flight; see
/// `actors/node/in_flight_runs.hpp`.
class open_run;

/// A run has lasted for `tracker.live_after`: the live table is to show it.
struct execution_lasted {
  /// As the run stands; not terminal.
  execution_record record;
  std::shared_ptr<open_run> run;
  /// The live table holds the run already.
  bool in_store = false;
};

/// A run that has lasted left the queue of its program.
struct execution_started {
  execution_id id;
  timestamp at;
};

/// An answer that went out before its record was committed; see
/// `actors/node/telemetry.hpp`.
class unconfirmed_answer;

/// A run ended. A program sends this again to the successor of a tracker that
/// died before it confirmed the commit.
struct execution_finished {
  /// Complete, and terminal.
  execution_record record;
  std::shared_ptr<open_run> run;
  /// Set under durability `async`.
  std::shared_ptr<unconfirmed_answer> unconfirmed = nullptr;
};

/// A program died while it held this run.
struct execution_abandoned {
  /// As the run stood; not terminal.
  execution_record record;
  std::shared_ptr<open_run> run;
};

using run_event = std::variant<execution_lasted, execution_started,
                               execution_finished, execution_abandoned>;

/// What happened to runs of one program, in that order. A living program is the
/// sender of its report.
struct run_report {
  std::vector<run_event> events;
  /// The program, if it dies with this report.
  caf::actor_addr last_words_of = {};
};

/// What became of records that a program handed in.
struct executions_committed {
  struct item {
    execution_id id;
    result<void> outcome;
  };
  std::vector<item> items;
};

struct cancel_request {
  execution_id id;
};

struct flush_tick {};

struct retry_tick {
  size_t lane = 0;
};

// -- backends -----------------------------------------------------------------

/// Asks an adapter front whether its backend could run programs of a signature;
/// the error says why not.
struct backend_check {
  any_signature signature;
};

/// Asks an adapter front to prepare a program. The answer is the backend's own
/// id for it.
struct backend_create {
  std::shared_ptr<const backend_program> program;
};

/// Asks an adapter front to start runs of one program, which is the sender.
struct backend_execute {
  std::vector<backend_run> runs;
};

/// Asks an adapter front to end a run early. No answer to that run is needed.
struct backend_cancel {
  execution_id id;
};

/// Asks an adapter front to delete a backend program that no run needs any
/// more.
struct backend_delete {
  std::string backend_program_id;
};

/// How one attempt to execute a run ended on the backend.
struct backend_done {
  execution_id id;
  int32_t attempt = 1;
  backend_reply reply;
};

/// Tells a program how some of its runs ended on the backend.
struct backend_replies {
  std::vector<backend_done> items;
};

/// Gives a program a piece of an output, for a caller who asked for pieces.
struct backend_chunk {
  execution_id id;
  int32_t attempt = 1;
  field_chunk chunk;
};

// -- calls of clients in this process -----------------------------------------

/// An action that the gateway has let in, or is yet to, with the promise of its
/// answer. It goes from actor to actor until one carries it out.
struct action_call {
  action_request request;
  promise<document> answer;

  [[nodiscard]] const json& arguments() const {
    return *request.arguments;
  }
};

/// A request to run a program, with the promise of its answer. A CAF request
/// would leave a timer behind that nothing cancels: too much for the message
/// that is sent most often.
struct execute_call {
  /// Its program may be empty if `program` is not nil.
  execute_request request;
  promise<execution_result> answer;
  /// Set if the caller wants the outputs piece by piece; must not throw.
  chunk_callback on_chunk = {};
  /// Spares reading the text of an id.
  program_id program = {};
  /// Where readers find the run; null if nobody has made it yet, or if another
  /// run has the id.
  std::shared_ptr<open_run> run = nullptr;
};

// -- signatures ---------------------------------------------------------------

/// Asks the signature registry for the record of a module's present version,
/// which is made if there is none.
struct signature_wanted {
  std::string module;
};

// -- programs -----------------------------------------------------------------

/// The mailbox was read: send what has gathered.
struct outbox_tick {};

/// Says that a program may be idle. The manager sends it to itself when the
/// first of its programs is due, and then to each program that is due.
struct idle_tick {};

/// The answer of a program to `idle_tick` if it has work or was used lately:
/// the manager sends the next tick at this time.
struct look_again {
  caf::actor_clock::time_point at;
};

/// The answer of a program to `idle_tick` if it was not used for a while: it
/// asks the manager whether it may end.
struct sleep_request {
  program_id id;
};

/// The answer of the manager to `sleep_request`: the program ends, unless it
/// has work by now.
struct fall_asleep {};

/// The answer of a program to `fall_asleep` if it has work by now: it does not
/// end, and the manager sends it the requests that were held back meanwhile.
struct stay_awake {
  program_id id;
};

} // namespace dspex

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::store_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::deadline_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::run_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::executions_committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::cancel_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::flush_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::retry_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::backend_check)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::backend_create)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::backend_execute)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::backend_cancel)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::backend_delete)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::backend_replies)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::backend_chunk)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::action_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::execute_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::signature_wanted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::signature_record)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::outbox_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::delayed_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::idle_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::look_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::sleep_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::fall_asleep)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::stay_awake)
