#include "adapters/python_port/worker_fleet.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "adapters/python_port/worker_command.hpp"

namespace dspex {

namespace {

using state = python_worker::state;

constexpr int protocol_version = 1;

// Starting takes a core for seconds: this many at a time.
constexpr size_t start_batch = 4;

// A worker that has answered nothing and ends sooner than this after it was
// ready is a failed start.
constexpr auto settled_after = std::chrono::seconds{10};

// A worker that answers not even a question for its memory so long is stuck.
constexpr auto unresponsive_after = std::chrono::seconds{60};

// A program takes some hundred kilobytes in a worker; one that was forgotten
// is made again when it is asked for.
constexpr size_t max_programs = 500;

std::string program_argument(const std::string& backend_id) {
  return "{\"program_id\":\"" + backend_id + "\"}";
}

json lm_settings_of(const lm_options& x) {
  auto result = json::object();
  result["model"] = x.model;
  result["base_url"] = x.base_url;
  if (!x.api_key.empty())
    result["api_key"] = x.api_key;
  if (x.temperature)
    result["temperature"] = *x.temperature;
  if (x.max_tokens)
    result["max_tokens"] = *x.max_tokens;
  result["max_retries"] = x.max_retries;
  return result;
}

} // namespace

worker_fleet::worker_fleet(const python_port_options& options,
                           adapter_host& host, worker_io& io,
                           request_queue& requests, pool_timers& timers)
  : options_(options),
    host_(host),
    io_(io),
    requests_(requests),
    timers_(timers),
    budget_(options.supervision.intensity, options.supervision.period,
            options.supervision.start_delay) {
}

worker_fleet::~worker_fleet() {
  // All are killed before the first is waited for.
  for (auto& [_, worker] : workers_)
    worker->child.kill_group();
}

// -- properties ---------------------------------------------------------------

python_worker* worker_fleet::find(uint64_t id) {
  auto i = workers_.find(id);
  return i == workers_.end() ? nullptr : i->second.get();
}

python_worker* worker_fleet::least_loaded(const std::string& backend_id) {
  python_worker* best = nullptr;
  auto best_knows = false;
  for (auto& [_, x] : workers_) {
    auto load = x->tasks.running.size();
    if (x->at != state::ready || load >= options_.threads)
      continue;
    auto knows = x->tasks.programs.count(backend_id) > 0;
    if (best == nullptr || load < best->tasks.running.size()
        || (load == best->tasks.running.size() && knows && !best_knows)) {
      best = x.get();
      best_knows = knows;
    }
  }
  return best;
}

bool worker_fleet::is_lost() const {
  return budget_.failing()
         && std::all_of(workers_.begin(), workers_.end(), [](const auto& x) {
              return x.second->at == state::dying;
            });
}

error worker_fleet::unavailable() const {
  return {errc::backend_unavailable,
          "No Python worker can be started: " + last_failure_
            + "; `dspex doctor` says what is missing"};
}

// -- work ---------------------------------------------------------------------

void worker_fleet::start() {
  if (std::exchange(is_started_, true))
    return;
  timers_.emplace(clock::now() + options_.supervision.examination,
                  pool_timer{pool_timer::kind::examination, 0});
  maintain();
}

void worker_fleet::flush() {
  for (auto& [_, worker] : workers_)
    io_.flush(*worker);
}

void worker_fleet::forget_program(const std::string& backend_id) {
  for (auto& [_, worker] : workers_)
    if (worker->tasks.programs.erase(backend_id) > 0)
      requests_.send_command(*worker, "delete_program",
                             program_argument(backend_id),
                             python_worker::command::other);
}

void worker_fleet::note_program(python_worker& worker,
                                const std::string& backend_id, uint64_t use) {
  auto& programs = worker.tasks.programs;
  programs[backend_id] = use;
  if (programs.size() <= max_programs)
    return;
  auto oldest = std::min_element(
    programs.begin(), programs.end(),
    [](const auto& x, const auto& y) { return x.second < y.second; });
  requests_.send_command(worker, "delete_program",
                         program_argument(oldest->first),
                         python_worker::command::other);
  programs.erase(oldest);
}

// -- starts -------------------------------------------------------------------

// Starts workers until there are as many as there should be.
void worker_fleet::maintain() {
  auto now = clock::now();
  while (true) {
    auto up = size_t{0};
    auto starting = size_t{0};
    for (auto& [_, x] : workers_) {
      if (x->at == state::starting)
        ++starting;
      if (x->at == state::starting || (x->at == state::ready && !x->recycling))
        ++up;
    }
    auto batch = budget_.exhausted() ? size_t{1} : start_batch;
    if (up >= options_.workers || starting >= batch)
      return;
    if (budget_.next_start() > now) {
      if (!std::exchange(start_planned_, true))
        timers_.emplace(budget_.next_start(),
                        pool_timer{pool_timer::kind::next_start, 0});
      return;
    }
    start_worker();
  }
}

void worker_fleet::start_worker() {
  auto child = child_process::spawn(worker_command(options_));
  if (!child)
    return note_failed_start(child.error().message);
  auto id = next_worker_++;
  auto& worker
    = *workers_
         .emplace(id, std::make_unique<python_worker>(id, std::move(*child),
                                                      options_.max_frame_bytes))
         .first->second;
  io_.watch(worker);
  timers_.emplace(worker.started + options_.start_timeout,
                  pool_timer{pool_timer::kind::worker_start, id});
  requests_.send_command(worker, "configure_lm",
                         dump_json(lm_settings_of(options_.lm)),
                         python_worker::command::other);
  requests_.send_command(worker, "hello", "{}", python_worker::command::hello);
}

void worker_fleet::note_failed_start(const std::string& why) {
  last_failure_ = io_.masked(why);
  auto before = budget_.exhausted();
  auto others_work
    = std::any_of(workers_.begin(), workers_.end(), [](const auto& x) {
        return x.second->proved && x.second->at == state::ready;
      });
  budget_.note_failure(clock::now(), others_work);
  if (budget_.exhausted() && !before)
    host_.log(
      severity::error,
      "Python workers do not start: the adapter is unavailable, and tries on",
      {{"reason", last_failure_}});
}

void worker_fleet::on_ready(python_worker& worker, const json& hello) {
  if (auto i = hello.find("protocol");
      i == hello.end() || *i != json(protocol_version))
    return kill(worker, "speaks another version of the protocol: the package "
                        "dspex_worker does not fit this dspex");
  worker.at = state::ready;
  worker.ready_since = clock::now();
  auto took = std::chrono::ceil<std::chrono::milliseconds>(*worker.ready_since
                                                           - worker.started);
  auto fields = json{{"worker", worker.name},
                     {"pid", worker.child.pid()},
                     {"start_ms", took.count()}};
  for (auto name : {"python", "dspy"})
    if (auto i = hello.find(name); i != hello.end())
      fields[name] = *i;
  host_.log(severity::info, "a Python worker is ready", fields);
  for (auto& [_, x] : workers_)
    if (x->recycling && x->at == state::ready)
      return retire(*x);
  maintain();
}

// A worker that works shows that starts succeed again.
void worker_fleet::prove(python_worker& worker) {
  if (std::exchange(worker.proved, true))
    return;
  if (budget_.exhausted())
    host_.log(severity::info, "Python workers can be started again",
              {{"worker", worker.name}});
  budget_.note_success();
  maintain();
}

// -- ends ---------------------------------------------------------------------

void worker_fleet::on_hang_up(python_worker& worker) {
  if (worker.at == state::dying)
    return;
  worker.at = state::dying;
  requests_.answer_all(worker, "it ended");
  // How the process ended is worth a moment.
  timers_.emplace(clock::now() + options_.grace,
                  pool_timer{pool_timer::kind::worker_grace, worker.id});
}

void worker_fleet::kill(python_worker& worker, const std::string& why) {
  if (worker.why.empty())
    worker.why = why;
  worker.at = state::dying;
  worker.child.kill_group();
  requests_.answer_all(worker, "it was ended because it " + why);
}

void worker_fleet::on_exit(python_worker& worker) {
  auto how = worker.child.reap();
  auto why = worker.why.empty() ? how : worker.why;
  requests_.answer_all(worker, "it ended (" + how + ")");
  io_.read_last_line(worker);
  auto failed_start
    = !worker.proved && !worker.told_to_end
      && (!worker.ready_since
          || clock::now() - *worker.ready_since < settled_after);
  auto line = worker.output.last_line;
  auto fields = json{{"worker", worker.name}, {"reason", io_.masked(why)}};
  if (!line.empty())
    fields["last line"] = line;
  if (worker.told_to_end) {
    host_.log(severity::info, "a Python worker was replaced", fields);
  } else {
    host_.log(severity::warn,
              failed_start ? "a Python worker did not start"
                           : "a Python worker ended, another is started",
              fields);
    host_.count_restart("python worker");
  }
  workers_.erase(worker.id);
  if (failed_start)
    note_failed_start(line.empty() ? why : why + ": " + line);
  maintain();
}

// -- replacement --------------------------------------------------------------

void worker_fleet::on_answer(python_worker& worker) {
  ++worker.tasks.runs_answered;
  prove(worker);
  auto count = worker.tasks.runs_answered;
  if (worker.at == state::retiring)
    finish_retiring(worker);
  else if (options_.recycle_runs > 0 && count >= options_.recycle_runs)
    recycle(worker, "has answered " + std::to_string(count) + " runs");
}

void worker_fleet::on_statistics(python_worker& worker,
                                 const json& statistics) {
  auto i = statistics.find("memory_bytes");
  if (options_.recycle_memory_bytes > 0 && i != statistics.end()
      && i->is_number_unsigned()
      && i->get<size_t>() > options_.recycle_memory_bytes)
    recycle(worker, "uses " + std::to_string(i->get<size_t>()) + " bytes");
}

void worker_fleet::recycle(python_worker& worker, const std::string& why) {
  if (worker.at != state::ready || std::exchange(worker.recycling, true))
    return;
  host_.log(severity::info, "a Python worker is due to be replaced",
            {{"worker", worker.name}, {"reason", why}});
  maintain();
}

void worker_fleet::retire(python_worker& worker) {
  worker.at = state::retiring;
  finish_retiring(worker);
}

void worker_fleet::finish_retiring(python_worker& worker) {
  if (!worker.tasks.running.empty())
    return;
  worker.told_to_end = true;
  requests_.send_command(worker, "shutdown", "{}",
                         python_worker::command::other);
  timers_.emplace(clock::now() + options_.grace,
                  pool_timer{pool_timer::kind::worker_grace, worker.id});
}

// -- timers -------------------------------------------------------------------

void worker_fleet::on_timer(pool_timer x) {
  auto* worker = find(x.id);
  if (x.what == pool_timer::kind::next_start) {
    start_planned_ = false;
    maintain();
  } else if (x.what == pool_timer::kind::examination) {
    examine();
  } else if (worker != nullptr && x.what == pool_timer::kind::worker_start) {
    if (worker->at == state::starting)
      kill(*worker, "was not ready within "
                      + std::to_string(options_.start_timeout.count()) + " ms");
  } else if (worker != nullptr) {
    kill(*worker, "did not end when it should");
  }
}

void worker_fleet::examine() {
  auto now = clock::now();
  timers_.emplace(now + options_.supervision.examination,
                  pool_timer{pool_timer::kind::examination, 0});
  auto ids = std::vector<uint64_t>{};
  for (auto& [id, x] : workers_)
    if (x->at == state::ready)
      ids.push_back(id);
  for (auto id : ids)
    examine(*workers_.at(id), now);
}

void worker_fleet::examine(python_worker& worker, clock::time_point now) {
  auto& commands = worker.socket.commands;
  auto asked = std::any_of(commands.begin(), commands.end(), [](const auto& x) {
    return x.second == python_worker::command::examine;
  });
  if (asked && now - worker.socket.last_reply > unresponsive_after)
    return kill(worker, "did not answer for a minute");
  if (!asked)
    requests_.send_command(worker, "get_stats", "{}",
                           python_worker::command::examine);
  if (now - *worker.ready_since >= settled_after)
    prove(worker);
  if (options_.recycle_age.count() > 0
      && now - *worker.ready_since >= options_.recycle_age)
    recycle(worker, "has run for long enough");
}

} // namespace dspex
