#include "actors/program/courier.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include <caf/send.hpp>

#include "actors/executions/outcome.hpp"
#include "actors/kit/restarting.hpp"
#include "core/log.hpp"

namespace dspex {

namespace {

// How long to wait before looking again for the successor of a dead tracker.
constexpr auto tracker_delay = std::chrono::milliseconds{50};

void log_lost_records(const char* why) {
  log_event(log_level::error, "program",
            std::string{"the records of abandoned executions are lost: "}
              + why);
}

} // namespace

void courier::arrange(outbox::due when, void (courier::*send)()) {
  if (when == outbox::due::now)
    (this->*send)();
  else if (when == outbox::due::next_turn)
    core_.self->send(core_.self, outbox_tick{});
}

void courier::on_tick() {
  send_starts();
  send_report();
  outbox_.close();
}

// -- to the adapter -----------------------------------------------------------

void courier::start(const run& x) {
  arrange(outbox_.start(x.record.id), &courier::send_starts);
}

void courier::send_starts() {
  auto starts = outbox_.take_starts();
  if (starts.empty())
    return;
  auto front = core_.front();
  auto msg = backend_execute{};
  auto refused = backend_replies{};
  msg.runs.reserve(starts.size());
  for (auto id : starts) {
    auto* x = core_.book.find(id, run_phase::running);
    // The run was cancelled meanwhile.
    if (x == nullptr)
      continue;
    auto attempt = x->record.attempt;
    if (!front) {
      refused.items.push_back(
        {id,
         attempt,
         {fail(restarting("adapter " + core_.facts.record.adapter_type))}});
      continue;
    }
    x->holder = front.address();
    auto& begun = msg.runs.emplace_back(
      backend_run{id, x->on->program, x->record.inputs, x->deadline, attempt});
    if (x->on_chunk)
      begun.on_chunk = [to = program_actor{core_.self}, id,
                        attempt](const field_chunk& chunk) {
        caf::anon_send(to, backend_chunk{id, attempt, chunk});
      };
  }
  // The end of a run starts the next one, which fails in the same way: by way
  // of the mailbox, that is no recursion.
  if (!refused.items.empty())
    return core_.self->send(core_.self, std::move(refused));
  if (msg.runs.empty())
    return;
  watch(front.address(), false);
  core_.self->send(front, std::move(msg));
}

// -- to the tracker -----------------------------------------------------------

void courier::tell_lasting(run& x) {
  tell(lasting(x));
}

void courier::hand_over(const run& x) {
  tell(end_of(x));
}

void courier::tell(run_event x) {
  arrange(outbox_.tell(std::move(x)), &courier::send_report);
}

void courier::send_report() {
  auto msg = outbox_.take_report();
  if (msg.events.empty())
    return;
  auto early = std::vector<execution_id>{};
  for (auto& event : msg.events)
    if (auto* x = std::get_if<execution_finished>(&event);
        x != nullptr && x->unconfirmed != nullptr)
      early.push_back(x->record.id);
  if (auto tracker = core_.ctx->tracker.get()) {
    watch(tracker.address(), true);
    core_.self->send(tracker, std::move(msg));
  } else {
    await_tracker();
  }
  // Under durability `async` the caller is answered before the commit.
  for (auto id : early)
    if (auto* x = core_.book.find(id, run_phase::ended))
      x->caller.deliver(outcome_of(x->record, x->error_details));
}

void courier::await_tracker() {
  if (std::exchange(awaits_tracker_, true))
    return;
  core_.after(tracker_delay, [this] {
    awaits_tracker_ = false;
    tell_new_tracker();
  });
}

void courier::tell_new_tracker() {
  if (!core_.ctx->tracker.get())
    return await_tracker();
  // What has gathered is part of what the new tracker is told.
  static_cast<void>(outbox_.take_report());
  for (auto& event : events_for_new_tracker(core_.book))
    tell(std::move(event));
  send_report();
}

void courier::leave() noexcept try {
  auto msg = last_report(core_.book);
  if (msg.events.empty())
    return;
  // The sender of a message must be alive.
  msg.last_words_of = core_.self->address();
  if (auto tracker = core_.ctx->tracker.get())
    caf::anon_send(tracker, std::move(msg));
  else
    log_lost_records("the tracker is restarting");
} catch (const std::exception& ex) {
  log_lost_records(ex.what());
}

// -- other actors -------------------------------------------------------------

void courier::watch(const caf::actor_addr& who, bool is_tracker) {
  if (std::ranges::find(peers_, who, &peer::who) != peers_.end())
    return;
  peers_.push_back({who, is_tracker});
  core_.self->monitor<caf::message_priority::high>(who);
}

void courier::on_down(const caf::actor_addr& who) {
  auto i = std::ranges::find(peers_, who, &peer::who);
  if (i == peers_.end())
    return;
  auto was_tracker = i->is_tracker;
  peers_.erase(i);
  if (was_tracker)
    await_tracker();
}

} // namespace dspex
