#include "actors/node/telemetry.hpp"

#include <bit>
#include <exception>
#include <utility>

#include "core/lifecycle.hpp"
#include "core/log.hpp"

namespace dspex {

namespace {

void count_failure(node_context& ctx, const char* what) {
  auto n = ++ctx.metrics.observer_failures;
  // One that throws always would fill the disk.
  if (std::has_single_bit(n))
    log_event(log_level::error, "observer",
              std::string{"the embedder's observer threw: "} + what,
              {{"failures", n}});
}

template <class Event>
void tell(node_context& ctx, Event event) {
  if (ctx.observer == nullptr)
    return;
  try {
    event(*ctx.observer);
  } catch (const std::exception& ex) {
    count_failure(ctx, ex.what());
  } catch (...) {
    count_failure(ctx, "no std::exception");
  }
}

void log_execution(const char* what, const execution_record& x) {
  if (!logs(log_level::debug))
    return;
  auto fields = json{{"execution", to_string(x.id)},
                     {"program", to_string(x.program_id)},
                     {"status", to_string(x.status)}};
  if (x.duration_us)
    fields["duration_ms"] = static_cast<double>(*x.duration_us) / 1000.0;
  if (x.error_code != errc::none) {
    fields["error_code"] = to_string(x.error_code);
    fields["error_message"] = x.error_message;
  }
  log_event(log_level::debug, "program", what, fields);
}

} // namespace

void note_accepted(node_context& ctx, const execution_record& x) {
  ++ctx.metrics.accepted;
  log_execution("execution accepted", x);
  tell(ctx, [&](observer& o) { o.on_execution_start(x); });
}

void note_ended(node_context& ctx, const execution_record& x) {
  auto well = x.status == execution_status::completed;
  if (well)
    ++ctx.metrics.completed;
  else
    ++ctx.metrics.failed.at(static_cast<size_t>(x.error_code));
  log_execution("execution ended", x);
  tell(ctx, [&](observer& o) {
    if (well)
      o.on_execution_stop(x);
    else
      o.on_execution_exception(x);
  });
}

void note_abandoned(node_context& ctx, execution_record& x) noexcept {
  try {
    end_as_failed(x, errc::internal,
                  "The program died while it held the execution", now());
    note_ended(ctx, x);
  } catch (const std::exception& ex) {
    log_event(log_level::error, "program",
              std::string{"an abandoned execution was not told: "} + ex.what());
  }
}

void note_restart(node_context& ctx, const std::string& child) {
  ctx.metrics.count_restart(child);
  tell(ctx, [&](observer& o) { o.on_restart(child); });
}

void note_node_end(node_context& ctx, const std::optional<error>& why) {
  if (ctx.end_told.exchange(true))
    return;
  if (why)
    log_event(log_level::error, "runtime", "the node has ended",
              {{"reason", to_string(*why)}});
  tell(ctx, [&](observer& o) { o.on_node_end(why); });
}

// -- gauges -------------------------------------------------------------------

program_gauge::program_gauge(context_ptr ctx) : ctx_(std::move(ctx)) {
  ++ctx_->metrics.programs_awake;
}

program_gauge::~program_gauge() {
  update(0, 0);
  --ctx_->metrics.programs_awake;
}

void program_gauge::update(size_t running, size_t waiting) {
  // Unsigned: what is less wraps around, and back in the sum.
  auto change = [](auto& sum, size_t& from, size_t to) {
    if (from != to)
      sum += to - std::exchange(from, to);
  };
  change(ctx_->metrics.running, running_, running);
  change(ctx_->metrics.waiting, waiting_, waiting);
}

// -- durability async ---------------------------------------------------------

unconfirmed_answer::unconfirmed_answer(context_ptr ctx, execution_id id)
  : ctx_(std::move(ctx)), id_(id) {
  ++ctx_->metrics.uncommitted;
}

unconfirmed_answer::~unconfirmed_answer() {
  if (committed_)
    return;
  --ctx_->metrics.uncommitted;
  ++ctx_->metrics.lost_async;
  log_event(log_level::error, "program",
            "the record of an execution that was answered under durability "
            "async is lost",
            {{"execution", to_string(id_)}});
}

void unconfirmed_answer::committed() noexcept {
  if (!committed_.exchange(true))
    --ctx_->metrics.uncommitted;
}

} // namespace dspex
