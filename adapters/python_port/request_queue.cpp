#include "adapters/python_port/request_queue.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "adapters/python_port/worker_io.hpp"

namespace dspex {

namespace {

// So many requests that are gone may stand in the line beside those that wait.
constexpr size_t max_gone = 1000;

} // namespace

request_queue::request_queue(const python_port_options& options,
                             pool_timers& timers)
  : options_(options), timers_(timers) {
}

// -- properties ---------------------------------------------------------------

const pool_request* request_queue::front() {
  while (!line_.empty()) {
    if (auto i = requests_.find(line_.front()); i != requests_.end())
      return &i->second.request;
    line_.pop_front();
  }
  return nullptr;
}

python_worker& request_queue::worker_of(uint64_t id) {
  return *requests_.at(id).worker;
}

const std::string& request_queue::program_of(uint64_t id) const {
  return requests_.at(id).request.program->id;
}

// -- to workers ---------------------------------------------------------------

void request_queue::push(pool_request request) {
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
  line_.push_back(add(std::move(request)));
  ++waiting_;
}

uint64_t request_queue::add(pool_request request) {
  auto id = next_id_++;
  auto timer = timers_.emplace(
    request.deadline, pool_timer{pool_timer::kind::request_deadline, id});
  if (!request.execution.is_nil())
    executions_[request.execution.value] = id;
  requests_.emplace(id, entry{std::move(request), timer});
  return id;
}

void request_queue::send_front(python_worker& worker) {
  auto id = line_.front();
  line_.pop_front();
  --waiting_;
  send(id, requests_.at(id), worker);
}

void request_queue::send(pool_request request, python_worker& worker) {
  auto id = add(std::move(request));
  send(id, requests_.at(id), worker);
}

void request_queue::send(uint64_t id, entry& x, python_worker& worker) {
  auto& request = x.request;
  x.worker = &worker;
  worker.tasks.running.insert(id);
  auto args = "{\"program_id\":\"" + request.program->id + '"';
  if (request.inputs)
    args += ",\"inputs\":" + *request.inputs;
  // The definition is sent until the worker has said that it has the program.
  if (!request.inputs || worker.tasks.programs.count(request.program->id) == 0)
    args += ",\"definition\":" + request.program->definition;
  args += '}';
  auto left = std::chrono::ceil<std::chrono::milliseconds>(request.deadline
                                                           - clock::now());
  append_frame(
    worker.socket.out,
    worker_request(id, request.inputs ? "execute_program" : "create_program",
                   args, std::max<int64_t>(left.count(), 0)));
  // The worker has the inputs now.
  if (request.inputs)
    request.inputs->clear();
}

void request_queue::send_command(python_worker& worker, std::string_view name,
                                 const std::string& args,
                                 python_worker::command what) {
  auto id = next_id_++;
  worker.socket.commands.emplace(id, what);
  append_frame(worker.socket.out, worker_request(id, name, args, std::nullopt));
}

// -- ends ---------------------------------------------------------------------

void request_queue::answer(uint64_t id, result<json> outcome) {
  auto done = std::move(requests_.at(id).request.done);
  erase(id);
  if (done)
    done(std::move(outcome));
}

void request_queue::answer_all(python_worker& worker, const std::string& why) {
  auto ids = std::vector<uint64_t>(worker.tasks.running.begin(),
                                   worker.tasks.running.end());
  for (auto id : ids)
    answer(id, fail(errc::backend_unavailable,
                    "The Python worker that had the run is gone: " + why));
}

void request_queue::refuse_waiting(const error& why) {
  auto ids = std::exchange(line_, {});
  waiting_ = 0;
  for (auto id : ids)
    if (requests_.count(id) > 0)
      answer(id, fail(why));
}

void request_queue::cancel(execution_id execution) {
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
  erase(id);
  // What is left of such requests must not pile up behind one that waits.
  if (line_.size() > 2 * waiting_ + max_gone)
    std::erase_if(line_, [&](uint64_t y) { return requests_.count(y) == 0; });
}

void request_queue::on_deadline(uint64_t id) {
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

// Leaves the request to its worker, which has to end it soon.
void request_queue::give_up(uint64_t id, entry& x) {
  x.given_up = true;
  x.request.done = nullptr;
  timers_.erase(x.timer);
  x.timer = timers_.emplace(clock::now() + options_.grace,
                            pool_timer{pool_timer::kind::request_grace, id});
  send_command(*x.worker, "cancel",
               "{\"request_id\":" + std::to_string(id) + "}",
               python_worker::command::other);
}

void request_queue::erase(uint64_t id) {
  auto i = requests_.find(id);
  auto& x = i->second;
  timers_.erase(x.timer);
  if (x.worker != nullptr)
    x.worker->tasks.running.erase(id);
  if (auto j = executions_.find(x.request.execution.value);
      j != executions_.end() && j->second == id)
    executions_.erase(j);
  requests_.erase(i);
}

} // namespace dspex
