#include "adapters/python_port/worker_pool.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace dspex {

namespace {

constexpr auto longest_wait = std::chrono::minutes{1};

std::string text_of(const json& x, const char* key) {
  auto i = x.find(key);
  return i != x.end() && i->is_string() ? i->get<std::string>() : "";
}

// What a backend may say of a run; anything else is a failure of its own.
errc run_code(const std::string& name) {
  switch (auto code = errc_from_string(name); code) {
    case errc::backend_unavailable:
    case errc::cancelled:
    case errc::invalid_option:
    case errc::invalid_output:
    case errc::overloaded:
    case errc::timeout:
      return code;
    default:
      return errc::backend_failed;
  }
}

error read_error(const json& x) {
  auto result = error{run_code(text_of(x, "code")), text_of(x, "message"),
                      json::object()};
  if (auto i = x.find("details"); i != x.end() && i->is_object())
    result.details = *i;
  if (auto traceback = text_of(x, "traceback"); !traceback.empty())
    result.details["traceback"] = std::move(traceback);
  if (result.message.empty())
    result.message = "The Python program failed and did not say why";
  return result;
}

} // namespace

worker_pool::worker_pool(python_port_options options, adapter_host& host)
  : options_(std::move(options)),
    io_(options_, host),
    requests_(options_, timers_),
    workers_(options_, host, io_, requests_, timers_),
    thread_([this] { run(); }) {
}

worker_pool::~worker_pool() {
  stopping_ = true;
  io_.wake();
  thread_.join();
}

// -- from any thread ----------------------------------------------------------

void worker_pool::submit(pool_request request) {
  if (send_at_once(request))
    return;
  auto shared = std::make_shared<pool_request>(std::move(request));
  post([this, shared] {
    workers_.start();
    requests_.push(std::move(*shared));
  });
}

bool worker_pool::send_at_once(pool_request& request) {
  // A callback that submits holds the lock already.
  if (std::this_thread::get_id() == thread_.get_id())
    return false;
  auto guard = std::unique_lock{state_, std::try_to_lock};
  if (!guard || !requests_.is_empty() || has_commands()
      || clock::now() >= request.deadline)
    return false;
  auto* worker = workers_.least_loaded(request.program->id);
  if (worker == nullptr)
    return false;
  requests_.send(std::move(request), *worker);
  io_.flush(*worker);
  if (timers_.begin()->first < wakes_at_)
    io_.wake();
  return true;
}

void worker_pool::cancel(execution_id id) {
  post([this, id] { requests_.cancel(id); });
}

void worker_pool::forget(std::string backend_id) {
  post([this, id = std::move(backend_id)] { workers_.forget_program(id); });
}

void worker_pool::post(std::function<void()> command) {
  auto first = false;
  {
    auto guard = std::lock_guard{mutex_};
    first = commands_.empty();
    commands_.push_back(std::move(command));
  }
  if (first)
    io_.wake();
}

bool worker_pool::has_commands() {
  auto guard = std::lock_guard{mutex_};
  return !commands_.empty();
}

// -- the loop -----------------------------------------------------------------

void worker_pool::run() {
  block_signals();
  auto wait_ms = 0;
  while (true) {
    auto& events = io_.wait(wait_ms);
    if (stopping_)
      return;
    auto guard = std::lock_guard{state_};
    for (auto& x : events)
      handle_event(x);
    handle_commands();
    handle_timers();
    dispatch();
    workers_.flush();
    wait_ms = plan_wait();
  }
}

int worker_pool::plan_wait() {
  auto now = clock::now();
  wakes_at_ = now + longest_wait;
  if (!timers_.empty())
    wakes_at_ = std::min(wakes_at_, timers_.begin()->first);
  auto left = std::chrono::ceil<std::chrono::milliseconds>(wakes_at_ - now);
  return std::max(static_cast<int>(left.count()), 0);
}

void worker_pool::handle_event(worker_io::event x) {
  // The worker may have gone with an event before this one.
  auto* worker = workers_.find(x.worker);
  if (worker == nullptr)
    return;
  switch (x.what) {
    case worker_io::source::wakeup:
      break;
    case worker_io::source::socket:
      read(*worker);
      break;
    case worker_io::source::output:
      io_.read_output(*worker);
      break;
    case worker_io::source::exit:
      io_.read_output(*worker);
      // What was answered before the end counts.
      if (worker->at != python_worker::state::dying)
        read(*worker);
      workers_.on_exit(*worker);
      break;
  }
}

void worker_pool::handle_commands() {
  auto commands = std::vector<std::function<void()>>{};
  {
    auto guard = std::lock_guard{mutex_};
    commands.swap(commands_);
  }
  for (auto& x : commands)
    x();
}

void worker_pool::handle_timers() {
  auto now = clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    auto x = timers_.begin()->second;
    switch (x.what) {
      // Requests remove their timers themselves.
      case pool_timer::kind::request_deadline:
        requests_.on_deadline(x.id);
        break;
      case pool_timer::kind::request_grace:
        workers_.kill(requests_.worker_of(x.id),
                      "a run did not end "
                        + std::to_string(options_.grace.count())
                        + " ms after it was cancelled or too late");
        break;
      default:
        timers_.erase(timers_.begin());
        workers_.on_timer(x);
    }
  }
}

void worker_pool::dispatch() {
  while (auto* next = requests_.front()) {
    auto* worker = workers_.least_loaded(next->program->id);
    if (worker == nullptr)
      break;
    requests_.send_front(*worker);
  }
  // No request waits for what is not going to come.
  if (!requests_.is_empty() && workers_.is_lost())
    requests_.refuse_waiting(workers_.unavailable());
}

// -- what workers say ---------------------------------------------------------

void worker_pool::read(python_worker& worker) {
  auto is_open = io_.read(worker, [this, &worker](json reply) {
    on_reply(worker, std::move(reply));
  });
  if (!is_open)
    workers_.kill(worker, is_open.error().message);
  else if (!*is_open)
    workers_.on_hang_up(worker);
}

void worker_pool::on_reply(python_worker& worker, json reply) {
  auto id = reply.at("id").get<uint64_t>();
  auto& commands = worker.socket.commands;
  if (auto i = commands.find(id); i != commands.end()) {
    auto what = i->second;
    commands.erase(i);
    return on_command_reply(worker, what, reply);
  }
  if (worker.tasks.running.count(id) == 0)
    return workers_.kill(worker, "broke the protocol with a reply to request "
                                   + std::to_string(id)
                                   + ", which it was not sent");
  on_run_reply(worker, id, std::move(reply));
}

void worker_pool::on_command_reply(python_worker& worker,
                                   python_worker::command what,
                                   const json& reply) {
  if (what == python_worker::command::other)
    return;
  if (reply["success"] != true)
    return workers_.kill(worker, text_of(reply["error"], "message"));
  if (what == python_worker::command::hello)
    return workers_.on_ready(worker, reply["result"]);
  workers_.on_statistics(worker, reply["result"]);
}

void worker_pool::on_run_reply(python_worker& worker, uint64_t id, json reply) {
  auto outcome = result<json>{};
  if (reply["success"] == true) {
    workers_.note_program(worker, requests_.program_of(id), id);
    outcome = std::move(reply["result"]);
  } else {
    outcome = fail(read_error(reply["error"]));
  }
  requests_.answer(id, std::move(outcome));
  workers_.on_answer(worker);
}

} // namespace dspex
