#pragma once

#include <caf/typed_actor.hpp>

#include "dspex/protocol.hpp"
#include "messages/children.hpp"
#include "messages/requests.hpp"

/// The table of contents of the system: the typed handles of the actors of a
/// node, with the messages that each takes. The comment above a message names
/// its senders; what is INTERNAL an actor sends itself.
namespace dspex {

/// The gateway as its own process sees it.
using local_gateway_actor = gateway_actor::extend<
  // From clients in this process.
  caf::reacts_to<action_call>,
  // INTERNAL: the deadline of a call.
  caf::reacts_to<delayed_task>>;

/// One worker of the store pool: runs blocking jobs on its own connection, one
/// at a time.
using store_worker_actor = caf::typed_actor<
  // From the pool.
  caf::replies_to<store_job>::with<done>>;

/// The front of the store: queues jobs, hands each to an idle worker, replaces
/// workers that die.
using store_pool_actor = caf::typed_actor<
  // From anyone who reads or changes records.
  caf::replies_to<store_job>::with<done>,
  // INTERNAL: some answer may be overdue.
  caf::reacts_to<deadline_tick>,
  // From whoever inspects a node: the workers.
  caf::replies_to<which_children>::with<children>>;

/// Holds what is in flight and writes what has ended.
using execution_tracker_actor = caf::typed_actor<
  // From the gateway: reads of executions, statistics, cancel.
  caf::replies_to<action_request>::with<document>,
  // From programs.
  caf::reacts_to<run_report>,
  // INTERNAL: write what has ended.
  caf::reacts_to<flush_tick>,
  // INTERNAL: try a batch again.
  caf::reacts_to<retry_tick>,
  // INTERNAL: a delay that is over.
  caf::reacts_to<delayed_task>>;

/// Knows the signature modules of the process and their records.
using signature_registry_actor = caf::typed_actor<
  // From the gateway.
  caf::reacts_to<action_call>,
  // From the program manager: the record that a new program refers to.
  caf::replies_to<signature_wanted>::with<signature_record>>;

/// The front of one backend.
using adapter_actor = caf::typed_actor<
  // From the signature registry.
  caf::replies_to<backend_check>::with<done>,
  // From programs: prepare a program.
  caf::replies_to<backend_create>::with<std::string>,
  // From programs: run them; the answers are `backend_replies`.
  caf::reacts_to<backend_execute>,
  // From programs.
  caf::reacts_to<backend_cancel>, caf::reacts_to<backend_delete>,
  // INTERNAL: a timer of the adapter.
  caf::reacts_to<delayed_task>>;

/// One program: its lifecycle, its admission, its runs in flight.
using program_actor = caf::typed_actor<
  // From the program manager: lifecycle actions.
  caf::reacts_to<action_call>,
  // From clients, the gateway or the program manager.
  caf::reacts_to<execute_call>,
  // From the program manager.
  caf::reacts_to<idle_tick>,
  // From the program manager: the answer to a `sleep_request`.
  caf::reacts_to<fall_asleep>,
  // From the tracker: cancel a run.
  caf::replies_to<cancel_request>::with<done>,
  // From the adapter.
  caf::reacts_to<backend_chunk>, caf::reacts_to<backend_replies>,
  // From the tracker.
  caf::reacts_to<executions_committed>,
  // INTERNAL: send what has gathered for the adapter and the tracker.
  caf::reacts_to<outbox_tick>,
  // INTERNAL: a deadline, or a delay that is over.
  caf::reacts_to<delayed_task>>;

/// Wakes programs from the store, routes requests to them, creates and lists.
using program_manager_actor = caf::typed_actor<
  // From the gateway.
  caf::reacts_to<action_call>,
  // From clients or the gateway: runs of a program that is not known as awake.
  caf::reacts_to<execute_call>,
  // From programs.
  caf::reacts_to<look_again>, caf::reacts_to<sleep_request>,
  caf::reacts_to<stay_awake>,
  // INTERNAL: some program may be idle.
  caf::reacts_to<idle_tick>,
  // From whoever inspects a node: the programs that are awake.
  caf::replies_to<which_children>::with<children>>;

} // namespace dspex
