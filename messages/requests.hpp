#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <caf/actor_clock.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include "dspex/adapter.hpp"
#include "dspex/protocol.hpp"
#include "dspex/records.hpp"
#include "messages/promise.hpp"
#include "persistence/store.hpp"

/// What the actors inside a node say to each other. These messages share
/// memory and never leave the process: CAF refuses to serialise them.
namespace dspex {

/// Something that an actor does later, or on its own thread.
struct delayed_task {
  std::function<void()> run;
};

/// The answer to a request that has nothing to say: CAF's own `unit_t` arrives
/// as an empty message, which no handler for it accepts.
struct done {};

// -- store --------------------------------------------------------------------

/// Blocking work for one connection. It leaves its result where the sender can
/// find it; the answer only says that it ran.
struct store_job {
  dspex::access access = dspex::access::read_only;
  std::function<void(store&)> work;
};

struct deadline_tick {};

// -- executions ---------------------------------------------------------------

/// A program took a run: from here on reads on this node see it.
struct execution_accepted {
  execution_record record;
  /// The store holds it as a live one already.
  bool in_store = false;
};

/// The run left the program's queue.
struct execution_started {
  execution_id id;
  timestamp at;
};

/// An answer that went out before its record was committed; see
/// `actors/node/telemetry.hpp`.
class unconfirmed_answer;

/// A run ended: the complete terminal record. May be sent again: the id
/// decides.
struct execution_finished {
  execution_record record;
  /// Set under durability `async`.
  std::shared_ptr<unconfirmed_answer> unconfirmed = nullptr;
  /// As in `execution_accepted`, which may not have been told.
  bool in_store = false;
};

using run_event
  = std::variant<execution_accepted, execution_started, execution_finished>;

/// What happened to runs of one program, in that order. The sender is the
/// program, or nobody if that has ended.
struct run_report {
  std::vector<run_event> events;
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

struct live_tick {};

struct flush_tick {};

struct retry_tick {
  size_t lane = 0;
};

// -- backends -----------------------------------------------------------------

/// Whether a backend could run programs of this signature.
struct backend_check {
  any_signature signature;
};

struct backend_create {
  std::shared_ptr<const backend_program> program;
};

/// Runs of one program, which is the sender.
struct backend_execute {
  std::vector<backend_run> runs;
};

struct backend_cancel {
  execution_id id;
};

struct backend_delete {
  std::string backend_program_id;
};

struct backend_done {
  execution_id id;
  int32_t attempt = 1;
  backend_reply reply;
};

struct backend_replies {
  std::vector<backend_done> items;
};

/// A piece of an output, for a caller who asked for them.
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

/// A request to run a program, with whom to tell. A CAF request would leave a
/// timer behind that nothing cancels: too much for what happens most often.
struct execute_call {
  /// Its program may be empty if `program` is not nil.
  execute_request request;
  promise<execution_result> answer;
  /// Set if the caller wants the outputs piece by piece; must not throw.
  chunk_callback on_chunk = {};
  /// Spares reading the text of an id.
  program_id program = {};
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

/// Look whether anybody has used the program.
struct idle_tick {};

/// Somebody has, or it has work: look again then.
struct look_again {
  caf::actor_clock::time_point at;
};

/// Nobody has used the program for a while: may it end?
struct sleep_request {
  program_id id;
};

/// It may, unless it has work.
struct fall_asleep {};

/// It has work.
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
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::live_tick)
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
