#include "cli/run_loop.hpp"

#include <cerrno>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

#include "cli/interrupt.hpp"

namespace dspex::cli {

namespace {

json to_shown_error(error err) {
  if (err.details.is_object()) {
    err.details.erase("execution_id");
    err.details.erase("duration_ms");
    if (err.details.empty())
      err.details = nullptr;
  }
  return to_json(err);
}

} // namespace

// -- items --------------------------------------------------------------------

json run_item::to_line() const {
  auto line = json::object();
  auto known_id = outcome ? outcome->id : recorded_execution(outcome.error());
  line["execution_id"] = known_id ? json(to_string(*known_id)) : json{};
  line["status"] = outcome ? "completed" : "failed";
  line["inputs"] = inputs;
  line["outputs"] = outcome ? *outcome->outputs : json{};
  line["duration_ms"] = nullptr;
  if (outcome)
    line["duration_ms"] = outcome->duration_ms();
  else if (known_id && outcome.error().details.contains("duration_ms"))
    line["duration_ms"] = outcome.error().details["duration_ms"];
  line["error"] = outcome ? json{} : to_shown_error(outcome.error());
  return line;
}

// -- the loop -----------------------------------------------------------------

run_loop::run_loop(client where, program_id program, size_t window,
                   int interrupt_fd)
  : client_(std::move(where)),
    program_(program),
    interrupt_fd_(interrupt_fd),
    stop_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
    events_(std::make_shared<run_events>(window)),
    window_(window) {
  if (stop_fd_ < 0)
    throw std::system_error{errno, std::generic_category(), "eventfd"};
}

run_loop::~run_loop() {
  ::close(stop_fd_);
}

result<void> run_loop::run(run_streams streams) {
  streams_ = std::move(streams);
  auto reader = std::thread{[events = events_, next = streams_.next_line] {
    while (auto line = next())
      if (!events->push_line(std::move(*line)))
        break;
    events->end_lines();
  }};
  while (true) {
    start_items();
    if (done())
      break;
    wait();
    for (auto& x : events_->take_finished())
      on_finished(std::move(x));
  }
  reader.join();
  if (failure_)
    return fail(*failure_);
  return {};
}

bool run_loop::done() {
  if (stopping_)
    return window_.idle();
  return window_.empty() && events_->no_more_lines();
}

void run_loop::start_items() {
  while (!stopping_) {
    auto inputs = window_.take_next([this] { return read_item(); });
    if (!inputs)
      return;
    start(std::move(*inputs));
  }
}

std::optional<json> run_loop::read_item() {
  while (auto line = events_->pop_line()) {
    if (line->object) {
      auto inputs = std::move(*line->object);
      for (auto& [name, value] : streams_.overrides.items())
        inputs[name] = value;
      return inputs;
    }
    ++totals_.failed;
    streams_.on_broken_line(line->object.error());
    streams_.on_progress(totals_);
  }
  return std::nullopt;
}

void run_loop::start(json inputs) {
  auto number = ++last_number_;
  auto id = client_.execute_program_async(
    program_, inputs, json::object(),
    [events = events_, number](result<execution_result> outcome) {
      events->push_finished({number, std::move(outcome)});
    });
  in_flight_.emplace(number, started{id, std::move(inputs)});
}

void run_loop::on_finished(finished_run run) {
  auto node = in_flight_.extract(run.number);
  auto item = run_item{std::move(node.mapped().inputs), std::move(run.outcome)};
  if (had_no_room(item.outcome)) {
    window_.on_refusal(std::move(item.inputs));
    return;
  }
  window_.on_end();
  ++(item.outcome ? totals_.completed : totals_.failed);
  if (!failure_) {
    if (auto ok = streams_.on_item(item); !ok) {
      failure_ = ok.error();
      stop();
    }
  }
  streams_.on_progress(totals_);
}

void run_loop::wait() {
  auto timeout = stopping_               ? cancel_interval
                 : window_.needs_pause() ? int{retry_window_pause.count()}
                                         : -1;
  pollfd ready[] = {{events_->fd(), POLLIN, 0}, {interrupt_fd_, POLLIN, 0}};
  // The descriptor of the interrupt stays readable, but counts only once.
  auto count = ::poll(ready, interrupted_ ? 1 : 2, timeout);
  if (ready[0].revents != 0)
    events_->clear();
  if (!interrupted_ && ready[1].revents != 0) {
    interrupted_ = true;
    stop();
  }
  if (count != 0)
    return;
  if (stopping_)
    cancel_all();
  else
    window_.on_pause();
}

void run_loop::stop() {
  if (std::exchange(stopping_, true))
    return;
  auto one = uint64_t{1};
  static_cast<void>(!::write(stop_fd_, &one, sizeof(one)));
  events_->refuse_lines();
  cancel_all();
}

void run_loop::cancel_all() {
  // A run that has just ended, or that the node does not know yet, answers with
  // an error. The runs that are left are cancelled again later.
  for (auto& [_, x] : in_flight_)
    static_cast<void>(client_.cancel(x.id));
}

} // namespace dspex::cli
