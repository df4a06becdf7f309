// The lives of workers: how many there are, and what follows when one ends.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "adapters/python_port/worker_pool.hpp"

namespace dspex {

namespace {

constexpr int protocol_version = 1;

// Starting takes a core for seconds: this many at a time.
constexpr size_t start_batch = 4;

// A worker that has answered nothing and ends sooner than this after it was
// ready is a failed start.
constexpr auto settled_after = std::chrono::seconds{10};

// A worker that answers not even a question for its memory so long is stuck.
constexpr auto unresponsive_after = std::chrono::seconds{60};

// What a Python process needs to find programs, files, certificates and
// proxies.
constexpr auto inherited
  = std::array<std::string_view, 22>{"PATH",
                                     "HOME",
                                     "USER",
                                     "LANG",
                                     "LC_ALL",
                                     "LC_CTYPE",
                                     "TZ",
                                     "TMPDIR",
                                     "LD_LIBRARY_PATH",
                                     "SSL_CERT_FILE",
                                     "SSL_CERT_DIR",
                                     "REQUESTS_CA_BUNDLE",
                                     "CURL_CA_BUNDLE",
                                     "HTTP_PROXY",
                                     "HTTPS_PROXY",
                                     "ALL_PROXY",
                                     "NO_PROXY",
                                     "http_proxy",
                                     "https_proxy",
                                     "all_proxy",
                                     "no_proxy",
                                     "VIRTUAL_ENV"};

// One request, one thread: what libraries start of their own accord only
// contends. The rest keeps output prompt and imports where we say.
constexpr auto fixed_variables = std::array<std::string_view, 10>{
  "OMP_NUM_THREADS=1",   "OPENBLAS_NUM_THREADS=1",
  "MKL_NUM_THREADS=1",   "NUMEXPR_NUM_THREADS=1",
  "RAYON_NUM_THREADS=1", "TOKENIZERS_PARALLELISM=false",
  "PYTHONUNBUFFERED=1",  "PYTHONUTF8=1",
  "PYTHONSAFEPATH=1",    "LITELLM_LOCAL_MODEL_COST_MAP=True"};

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

child_command worker_pool::command_line() const {
  auto result = child_command{};
  result.program = options_.python;
  result.arguments = {"-m",
                      "dspex_worker",
                      "--fd",
                      std::to_string(child_process::socket_in_child),
                      "--parent",
                      std::to_string(getpid()),
                      "--threads",
                      std::to_string(options_.threads),
                      "--max-frame-bytes",
                      std::to_string(options_.max_frame_bytes),
                      "--memory-limit-bytes",
                      std::to_string(options_.memory_limit_bytes)};
  for (auto& x : options_.allowed_modules)
    result.arguments.insert(result.arguments.end(), {"--allow", x});
  if (!options_.backend.empty())
    result.arguments.insert(result.arguments.end(),
                            {"--backend", options_.backend});
  auto pass = [&](const std::string& name) {
    if (auto value = std::getenv(name.c_str()); value != nullptr)
      result.environment.push_back(name + '=' + value);
  };
  for (auto name : inherited)
    pass(std::string{name});
  for (auto& name : options_.environment)
    pass(name);
  for (auto x : fixed_variables)
    result.environment.emplace_back(x);
  auto path = std::string{"PYTHONPATH="};
  for (auto& x : options_.python_path)
    path += (path.back() == '=' ? "" : ":") + x;
  result.environment.push_back(std::move(path));
  return result;
}

void worker_pool::maintain() {
  auto now = clock::now();
  while (true) {
    auto up = size_t{0};
    auto starting = size_t{0};
    for (auto& [_, x] : workers_) {
      if (x->at == python_worker::state::starting)
        ++starting;
      if (x->at == python_worker::state::starting
          || (x->at == python_worker::state::ready && !x->recycling))
        ++up;
    }
    auto batch = budget_.exhausted() ? size_t{1} : start_batch;
    if (up >= options_.workers || starting >= batch)
      return;
    if (budget_.next_start() > now) {
      if (!std::exchange(start_planned_, true))
        timers_.emplace(budget_.next_start(),
                        timer{timer::kind::next_start, 0});
      return;
    }
    start_worker();
  }
}

void worker_pool::start_worker() {
  auto child = child_process::spawn(command_line());
  if (!child)
    return note_failed_start(child.error().message);
  auto id = next_worker_++;
  auto& worker = *workers_
                    .emplace(id, std::make_unique<python_worker>(
                                   id, std::move(*child),
                                   options_.max_frame_bytes, clock::now()))
                    .first->second;
  watch_worker(worker);
  timers_.emplace(worker.started + options_.start_timeout,
                  timer{timer::kind::worker_start, id});
  send_command(worker, "configure_lm", dump_json(lm_settings_of(options_.lm)),
               python_worker::command::other);
  send_command(worker, "hello", "{}", python_worker::command::hello);
}

void worker_pool::on_ready(python_worker& worker, const json& hello) {
  if (auto i = hello.find("protocol");
      i == hello.end() || *i != json(protocol_version))
    return kill(worker, "speaks another version of the protocol: the package "
                        "dspex_worker does not fit this dspex");
  worker.at = python_worker::state::ready;
  worker.has_been_ready = true;
  worker.ready_since = clock::now();
  auto took = std::chrono::ceil<std::chrono::milliseconds>(worker.ready_since
                                                           - worker.started);
  auto fields = json{{"worker", worker.name},
                     {"pid", worker.child.pid()},
                     {"start_ms", took.count()}};
  for (auto name : {"python", "dspy"})
    if (auto i = hello.find(name); i != hello.end())
      fields[name] = *i;
  log(severity::info, "a Python worker is ready", std::move(fields));
  for (auto& [_, x] : workers_)
    if (x->recycling && x->at == python_worker::state::ready)
      return retire(*x);
  maintain();
}

void worker_pool::on_proved(python_worker& worker) {
  if (std::exchange(worker.proved, true))
    return;
  if (budget_.exhausted())
    log(severity::info, "Python workers can be started again",
        {{"worker", worker.name}});
  budget_.note_success();
  maintain();
}

void worker_pool::hang_up(python_worker& worker) {
  if (worker.at == python_worker::state::dying)
    return;
  worker.at = python_worker::state::dying;
  answer_all(worker, "it ended");
  // How it ended is worth a moment.
  timers_.emplace(clock::now() + options_.grace,
                  timer{timer::kind::worker_grace, worker.id});
}

void worker_pool::kill(python_worker& worker, const std::string& why) {
  if (worker.why.empty())
    worker.why = why;
  worker.at = python_worker::state::dying;
  worker.child.kill_group();
  answer_all(worker, "it was ended because it " + why);
}

void worker_pool::answer_all(python_worker& worker, const std::string& why) {
  auto ids = std::vector<uint64_t>(worker.running.begin(),
                                   worker.running.end());
  for (auto id : ids)
    answer(id, fail(errc::backend_unavailable,
                    "The Python worker that had the run is gone: " + why));
}

void worker_pool::on_exit(python_worker& worker) {
  on_output(worker);
  // What was answered before the end counts.
  if (worker.at != python_worker::state::dying)
    on_readable(worker);
  auto how = worker.child.reap();
  auto why = worker.why.empty() ? how : worker.why;
  answer_all(worker, "it ended (" + how + ")");
  if (!worker.lines.rest().empty())
    log_line(worker, std::string{worker.lines.rest()});
  auto failed_start = !worker.proved && !worker.told_to_end
                      && (!worker.has_been_ready
                          || clock::now() - worker.ready_since < settled_after);
  auto fields = json{{"worker", worker.name}, {"reason", masked(why)}};
  if (!worker.last_line.empty())
    fields["last line"] = worker.last_line;
  if (worker.told_to_end) {
    log(severity::info, "a Python worker was replaced", std::move(fields));
  } else {
    log(severity::warn,
        failed_start ? "a Python worker did not start"
                     : "a Python worker ended, another is started",
        std::move(fields));
    host_.count_restart("python worker");
  }
  auto line = worker.last_line;
  workers_.erase(worker.id);
  if (failed_start)
    note_failed_start(line.empty() ? why : why + ": " + line);
  maintain();
}

void worker_pool::note_failed_start(const std::string& why) {
  last_failure_ = masked(why);
  auto before = budget_.exhausted();
  auto others_work
    = std::any_of(workers_.begin(), workers_.end(), [](const auto& x) {
        return x.second->proved && x.second->at == python_worker::state::ready;
      });
  budget_.note_failure(clock::now(), others_work);
  if (budget_.exhausted() && !before)
    log(severity::error,
        "Python workers do not start: the adapter is unavailable, and tries on",
        {{"reason", last_failure_}});
}

void worker_pool::recycle(python_worker& worker, const std::string& why) {
  if (worker.at != python_worker::state::ready
      || std::exchange(worker.recycling, true))
    return;
  log(severity::info, "a Python worker is due to be replaced",
      {{"worker", worker.name}, {"reason", why}});
  maintain();
}

void worker_pool::retire(python_worker& worker) {
  worker.at = python_worker::state::retiring;
  finish_retiring(worker);
}

void worker_pool::finish_retiring(python_worker& worker) {
  if (!worker.running.empty())
    return;
  worker.told_to_end = true;
  send_command(worker, "shutdown", "{}", python_worker::command::other);
  timers_.emplace(clock::now() + options_.grace,
                  timer{timer::kind::worker_grace, worker.id});
}

void worker_pool::examine() {
  auto now = clock::now();
  timers_.emplace(now + options_.examination,
                  timer{timer::kind::examination, 0});
  auto ids = std::vector<uint64_t>{};
  for (auto& [id, x] : workers_)
    if (x->at == python_worker::state::ready)
      ids.push_back(id);
  for (auto id : ids) {
    auto& x = *workers_.at(id);
    auto asked
      = std::any_of(x.commands.begin(), x.commands.end(), [](const auto& y) {
          return y.second == python_worker::command::examine;
        });
    if (asked && now - x.last_reply > unresponsive_after) {
      kill(x, "did not answer for a minute");
      continue;
    }
    if (!asked)
      send_command(x, "get_stats", "{}", python_worker::command::examine);
    if (now - x.ready_since >= settled_after)
      on_proved(x);
    if (options_.recycle_age.count() > 0
        && now - x.ready_since >= options_.recycle_age)
      recycle(x, "has run for long enough");
  }
}

void worker_pool::log(severity how, std::string_view message,
                      json fields) const {
  host_.log(how, message, fields);
}

} // namespace dspex
