// How requests get to workers, and how they end without them.

#include <algorithm>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

#include "adapters/python_port/worker_pool.hpp"

namespace dspex {

namespace {

// A program takes some hundred kilobytes in a worker; one that was forgotten
// is made again when somebody asks for it.
constexpr size_t max_programs = 500;

std::string request_text(uint64_t id, std::string_view command,
                         std::string_view args,
                         std::optional<int64_t> deadline_ms) {
  auto result = "{\"id\":" + std::to_string(id) + ",\"command\":\"";
  result.append(command).append("\"");
  if (deadline_ms)
    result += ",\"deadline_ms\":" + std::to_string(*deadline_ms);
  return result.append(",\"args\":").append(args).append("}");
}

} // namespace

void worker_pool::accept(pool_request request) {
  if (!wanted_) {
    wanted_ = true;
    timers_.emplace(clock::now() + options_.examination,
                    timer{timer::kind::examination, 0});
    maintain();
  }
  if (clock::now() >= request.deadline)
    return request.done(fail(errc::timeout,
                             "The deadline passed before the run could "
                             "start"));
  if (waiting_ >= options_.max_queue)
    return request.done(
      fail(errc::overloaded,
           std::to_string(waiting_)
             + " runs wait for a Python worker, which is the limit "
               "(python_port.max_queue)"));
  queue_.push_back(add_request(std::move(request)));
  ++waiting_;
}

uint64_t worker_pool::add_request(pool_request request) {
  auto id = next_request_++;
  auto timer_place = timers_.emplace(request.deadline,
                                     timer{timer::kind::request_deadline, id});
  if (!request.execution.is_nil())
    executions_[request.execution.value] = id;
  requests_.emplace(id, request_state{std::move(request), timer_place});
  return id;
}

void worker_pool::dispatch() {
  while (!queue_.empty()) {
    auto i = requests_.find(queue_.front());
    if (i == requests_.end()) {
      queue_.pop_front();
      continue;
    }
    auto* worker = least_loaded(i->second.request.program->id);
    if (worker == nullptr)
      break;
    queue_.pop_front();
    --waiting_;
    send_request(i->first, i->second, *worker);
  }
  refuse_waiting();
}

python_worker* worker_pool::least_loaded(const std::string& backend_id) {
  python_worker* best = nullptr;
  auto best_knows = false;
  for (auto& [_, x] : workers_) {
    if (x->at != python_worker::state::ready
        || x->running.size() >= options_.threads)
      continue;
    auto knows = x->programs.count(backend_id) > 0;
    if (best == nullptr || x->running.size() < best->running.size()
        || (x->running.size() == best->running.size() && knows
            && !best_knows)) {
      best = x.get();
      best_knows = knows;
    }
  }
  return best;
}

void worker_pool::send_request(uint64_t id, request_state& x,
                               python_worker& worker) {
  auto& request = x.request;
  x.worker = &worker;
  worker.running.insert(id);
  auto args = "{\"program_id\":\"" + request.program->id + '"';
  if (request.inputs)
    args += ",\"inputs\":" + *request.inputs;
  // Until it has said that it has the program.
  if (!request.inputs || worker.programs.count(request.program->id) == 0)
    args += ",\"definition\":" + request.program->definition;
  args += '}';
  auto left = std::chrono::ceil<std::chrono::milliseconds>(request.deadline
                                                           - clock::now());
  append_frame(
    worker.out,
    request_text(id, request.inputs ? "execute_program" : "create_program",
                 args, std::max<int64_t>(left.count(), 0)));
  // The worker has it now.
  if (request.inputs)
    request.inputs->clear();
}

void worker_pool::send_command(python_worker& worker, std::string_view name,
                               const std::string& args,
                               python_worker::command what) {
  auto id = next_request_++;
  worker.commands.emplace(id, what);
  append_frame(worker.out, request_text(id, name, args, std::nullopt));
}

void worker_pool::flush(python_worker& worker) {
  if (worker.out.empty() || worker.waits_to_write
      || worker.at == python_worker::state::dying)
    return;
  auto sent = size_t{0};
  while (sent < worker.out.size()) {
    auto n = ::send(worker.child.socket(), worker.out.data() + sent,
                    worker.out.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    // Any other error shows when the worker is read from, or ends.
    if (n < 0)
      break;
    sent += static_cast<size_t>(n);
  }
  if (sent == worker.out.size()) {
    worker.out.clear();
    return;
  }
  worker.out.erase(0, sent);
  worker.waits_to_write = true;
  watch_socket(worker);
}

void worker_pool::drop(execution_id execution) {
  auto i = executions_.find(execution.value);
  if (i == executions_.end())
    return;
  auto id = i->second;
  auto& x = requests_.at(id);
  if (x.given_up)
    return;
  if (x.worker != nullptr)
    return give_up(id, x);
  --waiting_;
  erase_request(id);
  // What is left of such requests must not pile up behind one that waits.
  if (queue_.size() > 2 * waiting_ + 1000)
    std::erase_if(queue_, [&](uint64_t y) { return requests_.count(y) == 0; });
}

void worker_pool::on_deadline(uint64_t id) {
  auto& x = requests_.at(id);
  if (x.worker == nullptr) {
    --waiting_;
    answer(id, fail(errc::timeout,
                    "The deadline passed while the run waited for a Python "
                    "worker"));
    return;
  }
  auto done = x.request.done;
  give_up(id, x);
  done(fail(errc::timeout, "The deadline passed while the program ran"));
}

void worker_pool::give_up(uint64_t id, request_state& x) {
  x.given_up = true;
  x.request.done = nullptr;
  timers_.erase(x.timer);
  x.timer = timers_.emplace(clock::now() + options_.grace,
                            timer{timer::kind::request_grace, id});
  send_command(*x.worker, "cancel",
               "{\"request_id\":" + std::to_string(id) + "}",
               python_worker::command::other);
}

void worker_pool::on_grace(uint64_t id) {
  kill(*requests_.at(id).worker, "a run did not end "
                                   + std::to_string(options_.grace.count())
                                   + " ms after it was cancelled or too late");
}

void worker_pool::answer(uint64_t id, result<json> outcome) {
  auto done = std::move(requests_.at(id).request.done);
  erase_request(id);
  if (done)
    done(std::move(outcome));
}

void worker_pool::erase_request(uint64_t id) {
  auto i = requests_.find(id);
  auto& x = i->second;
  timers_.erase(x.timer);
  if (x.worker != nullptr)
    x.worker->running.erase(id);
  if (auto j = executions_.find(x.request.execution.value);
      j != executions_.end() && j->second == id)
    executions_.erase(j);
  requests_.erase(i);
}

void worker_pool::forget_program(const std::string& backend_id) {
  for (auto& [_, worker] : workers_)
    if (worker->programs.erase(backend_id) > 0)
      send_command(*worker, "delete_program",
                   "{\"program_id\":\"" + backend_id + "\"}",
                   python_worker::command::other);
}

void worker_pool::note_program(python_worker& worker,
                               const std::string& backend_id, uint64_t use) {
  worker.programs[backend_id] = use;
  if (worker.programs.size() <= max_programs)
    return;
  auto oldest = std::min_element(
    worker.programs.begin(), worker.programs.end(),
    [](const auto& x, const auto& y) { return x.second < y.second; });
  send_command(worker, "delete_program",
               "{\"program_id\":\"" + oldest->first + "\"}",
               python_worker::command::other);
  worker.programs.erase(oldest);
}

error worker_pool::unavailable() const {
  return {errc::backend_unavailable,
          "No Python worker can be started: " + last_failure_
            + "; `dspex doctor` says what is missing"};
}

// Nobody waits for what is not going to come.
void worker_pool::refuse_waiting() {
  if (waiting_ == 0 || !budget_.failing())
    return;
  for (auto& [_, x] : workers_)
    if (x->at != python_worker::state::dying)
      return;
  auto ids = std::exchange(queue_, {});
  waiting_ = 0;
  for (auto id : ids)
    if (requests_.count(id) > 0)
      answer(id, fail(unavailable()));
}

} // namespace dspex
