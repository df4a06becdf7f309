// What a program sends for its runs: to the adapter what begins, to the tracker
// what has begun and ended. It gathers while the mailbox is read once, so that
// under load one message serves many runs. A run that ends within a moment is
// never announced: its record says it all.

#include <exception>
#include <string>
#include <utility>

#include <caf/send.hpp>

#include "actors/executions/outcome.hpp"
#include "actors/program/program.hpp"
#include "core/log.hpp"

namespace dspex {

namespace {

// At so many a message leaves at once: beyond that, fewer messages are worth
// less than a receiver that works at the same time as we do.
constexpr size_t bundle = 16;

// A run is announced once it has lasted for so long, and twice that at most.
constexpr auto announce_after = std::chrono::milliseconds{2};

// A tracker that died is looked for again after this long.
constexpr auto tracker_delay = std::chrono::milliseconds{50};

void log_lost_records(const char* why) {
  log_event(log_level::error, "program",
            std::string{"the records of abandoned executions are lost: "}
              + why);
}

} // namespace

program_state::outbox& program_state::gather() {
  if (outbox_ == nullptr) {
    outbox_ = std::make_unique<outbox>();
    self_->send(self_, outbox_tick{});
  }
  return *outbox_;
}

void program_state::empty_outbox() {
  send_starts();
  send_news();
  outbox_.reset();
}

// -- to the adapter -----------------------------------------------------------

void program_state::start_soon(const run& x) {
  auto& starts = gather().starts;
  starts.reserve(bundle);
  starts.push_back(x.record.id);
  if (starts.size() == bundle)
    send_starts();
}

void program_state::send_starts() {
  if (outbox_->starts.empty())
    return;
  auto front = ctx_->adapters.at(facts_.record.adapter_type).get();
  auto msg = backend_execute{};
  auto refused = backend_replies{};
  msg.runs.reserve(outbox_->starts.size());
  for (auto id : std::exchange(outbox_->starts, {})) {
    auto* x = book_.find(id, run_phase::running);
    // It was cancelled meanwhile.
    if (x == nullptr)
      continue;
    auto attempt = x->record.attempt;
    if (!front) {
      refused.items.push_back({id,
                               attempt,
                               {fail(errc::backend_unavailable,
                                     "The adapter " + facts_.record.adapter_type
                                       + " is restarting")}});
      continue;
    }
    x->holder = front.address();
    auto& begun = msg.runs.emplace_back(
      backend_run{id, x->on->program, x->record.inputs, x->deadline, attempt});
    if (x->on_chunk)
      begun.on_chunk = [to = program_actor{self_}, id,
                        attempt](const field_chunk& chunk) {
        caf::anon_send(to, backend_chunk{id, attempt, chunk});
      };
  }
  // By way of the mailbox: the end of a run starts the next one, which fails in
  // the same way.
  if (!refused.items.empty())
    return self_->send(self_, std::move(refused));
  if (msg.runs.empty())
    return;
  watch(front.address());
  self_->send(front, std::move(msg));
}

// -- to the tracker -----------------------------------------------------------

void program_state::announce_soon(const run& x) {
  fresh_.push_back(x.record.id);
  if (!std::exchange(announcing_, true))
    after(announce_after, [this] { announce_old(); });
}

void program_state::announce(run& x) {
  x.announced = true;
  tell(execution_accepted{x.record, is_claimed(x)});
}

void program_state::announce_old() {
  auto next = std::exchange(fresh_, {});
  for (auto id : std::exchange(less_fresh_, std::move(next))) {
    auto* x = book_.find(id);
    if (x != nullptr && x->at != run_phase::ended && !x->announced)
      announce(*x);
  }
  announcing_ = !less_fresh_.empty();
  if (announcing_)
    after(announce_after, [this] { announce_old(); });
}

void program_state::hand_over(const run& x) {
  tell(execution_finished{x.record, x.unconfirmed, is_claimed(x)});
}

void program_state::tell(run_event x) {
  auto& events = gather().news.events;
  events.reserve(bundle);
  events.push_back(std::move(x));
  if (events.size() == bundle)
    send_news();
}

void program_state::send_news() {
  if (outbox_ == nullptr || outbox_->news.events.empty())
    return;
  auto msg = std::exchange(outbox_->news, {});
  auto early = std::vector<execution_id>{};
  for (auto& event : msg.events)
    if (auto* x = std::get_if<execution_finished>(&event);
        x != nullptr && x->unconfirmed != nullptr)
      early.push_back(x->record.id);
  if (auto tracker = ctx_->tracker.get()) {
    watch_tracker(tracker.address());
    self_->send(tracker, std::move(msg));
  } else {
    look_for_tracker();
  }
  // Durability `async` means: answered before the record is committed.
  for (auto id : early)
    if (auto* x = book_.find(id, run_phase::ended))
      x->caller.deliver(outcome_of(x->record, x->error_details));
}

void program_state::look_for_tracker() {
  if (std::exchange(looking_for_tracker_, true))
    return;
  after(tracker_delay, [this] {
    looking_for_tracker_ = false;
    tell_new_tracker();
  });
}

void program_state::leave_untold() noexcept try {
  auto about_to_leave = outbox_ != nullptr ? std::move(outbox_->news)
                                           : run_report{};
  auto msg = run_report{};
  for (auto& event : about_to_leave.events) {
    if (std::holds_alternative<execution_finished>(event))
      msg.events.push_back(std::move(event));
    else if (auto* x = std::get_if<execution_accepted>(&event))
      book_.find(x->record.id)->announced = false;
  }
  for (auto& [id, x] : book_)
    if (!x.announced
        && (x.at == run_phase::running || x.at == run_phase::waiting))
      msg.events.emplace_back(
        execution_finished{x.record, nullptr, is_claimed(x)});
  if (msg.events.empty())
    return;
  // Nobody is there to hear of the commit.
  if (auto tracker = ctx_->tracker.get())
    caf::anon_send(tracker, std::move(msg));
  else
    log_lost_records("the tracker is restarting");
} catch (const std::exception& ex) {
  log_lost_records(ex.what());
}

void program_state::tell_new_tracker() {
  if (!ctx_->tracker.get())
    return look_for_tracker();
  if (outbox_ != nullptr)
    outbox_->news = {};
  for (auto& [id, x] : book_) {
    if (x.at == run_phase::ended)
      hand_over(x);
    else if (x.at == run_phase::running || x.at == run_phase::waiting)
      announce(x);
  }
  send_news();
}

} // namespace dspex
