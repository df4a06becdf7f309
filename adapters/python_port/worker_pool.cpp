#include "adapters/python_port/worker_pool.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <sys/epoll.h>
#include <system_error>

#include "config/settings.hpp"

namespace dspex {

namespace {

constexpr auto longest_wait = std::chrono::minutes{1};
constexpr size_t max_events = 64;

// What an event is about: the number of a worker and one of its descriptors. 0
// is the wake-up.
constexpr uint64_t descriptors_per_worker = 4;

std::vector<std::string> find_secrets(const python_port_options& options) {
  auto result = std::vector<std::string>{options.lm.api_key};
  for (auto& name : options.environment)
    if (auto value = std::getenv(name.c_str());
        value != nullptr && names_secret(name))
      result.emplace_back(value);
  std::erase_if(result, [](auto& x) { return x.empty(); });
  return result;
}

} // namespace

// -- from any thread ----------------------------------------------------------

worker_pool::worker_pool(python_port_options options, adapter_host& host)
  : options_(std::move(options)),
    host_(host),
    secrets_(find_secrets(options_)),
    epoll_(make_epoll()),
    budget_(options_.intensity, options_.period, options_.start_delay) {
  watch(wakeup_.get(), EPOLLIN, 0);
  thread_ = std::thread{[this] { run(); }};
}

worker_pool::~worker_pool() {
  stopping_ = true;
  wakeup_.wake();
  thread_.join();
  // All at once; then each is waited for.
  for (auto& [_, worker] : workers_)
    worker->child.kill_group();
}

void worker_pool::submit(pool_request request) {
  if (send_at_once(request))
    return;
  auto shared = std::make_shared<pool_request>(std::move(request));
  post([this, shared] { accept(std::move(*shared)); });
}

bool worker_pool::send_at_once(pool_request& request) {
  // A callback that submits holds the lock already.
  if (std::this_thread::get_id() == thread_.get_id())
    return false;
  auto guard = std::unique_lock{state_, std::try_to_lock};
  if (!guard || !wanted_ || waiting_ > 0 || has_commands()
      || clock::now() >= request.deadline)
    return false;
  auto* worker = least_loaded(request.program->id);
  if (worker == nullptr)
    return false;
  auto id = add_request(std::move(request));
  send_request(id, requests_.at(id), *worker);
  flush(*worker);
  if (timers_.begin()->first < wakes_at_)
    wakeup_.wake();
  return true;
}

void worker_pool::cancel(execution_id id) {
  post([this, id] { drop(id); });
}

void worker_pool::forget(std::string backend_id) {
  post([this, id = std::move(backend_id)] { forget_program(id); });
}

void worker_pool::post(std::function<void()> command) {
  auto first = false;
  {
    auto guard = std::lock_guard{mutex_};
    first = commands_.empty();
    commands_.push_back(std::move(command));
  }
  if (first)
    wakeup_.wake();
}

bool worker_pool::has_commands() {
  auto guard = std::lock_guard{mutex_};
  return !commands_.empty();
}

// -- the loop -----------------------------------------------------------------

void worker_pool::run() {
  block_signals();
  auto events = std::array<epoll_event, max_events>{};
  auto wait_ms = 0;
  while (true) {
    auto n = epoll_wait(epoll_.get(), events.data(),
                        static_cast<int>(events.size()), wait_ms);
    if (stopping_)
      return;
    auto guard = std::lock_guard{state_};
    for (int i = 0; i < n; ++i)
      handle_event(events[static_cast<size_t>(i)].data.u64);
    handle_commands();
    handle_timers();
    dispatch();
    for (auto& [_, worker] : workers_)
      flush(*worker);
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

void worker_pool::handle_event(uint64_t key) {
  if (key == 0)
    return wakeup_.clear();
  // May have gone with an event before this one.
  auto* worker = find_worker(key / descriptors_per_worker);
  if (worker == nullptr)
    return;
  auto fd = key % descriptors_per_worker;
  if (fd == 1) {
    if (worker->waits_to_write) {
      worker->waits_to_write = false;
      watch_socket(*worker);
    }
    on_readable(*worker);
  } else if (fd == 2) {
    on_output(*worker);
  } else {
    on_exit(*worker);
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
    auto [what, id] = timers_.begin()->second;
    switch (what) {
      case timer::kind::request_deadline:
        on_deadline(id);
        continue;
      case timer::kind::request_grace:
        on_grace(id);
        continue;
      default:
        timers_.erase(timers_.begin());
    }
    auto* worker = find_worker(id);
    if (what == timer::kind::next_start) {
      start_planned_ = false;
      maintain();
    } else if (what == timer::kind::examination) {
      examine();
    } else if (worker != nullptr && what == timer::kind::worker_start) {
      if (worker->at == python_worker::state::starting)
        kill(*worker, "was not ready within "
                        + std::to_string(options_.start_timeout.count())
                        + " ms");
    } else if (worker != nullptr) {
      kill(*worker, "did not end when it should");
    }
  }
}

void worker_pool::watch(int fd, uint32_t events, uint64_t key) {
  auto event = epoll_event{};
  event.events = events;
  event.data.u64 = key;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0
      && (errno != EEXIST
          || epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0))
    throw std::system_error(errno, std::generic_category(),
                            "cannot watch a descriptor");
}

void worker_pool::watch_socket(python_worker& worker) {
  watch(worker.child.socket(),
        worker.waits_to_write ? EPOLLIN | EPOLLOUT : EPOLLIN,
        worker.id * descriptors_per_worker + 1);
}

void worker_pool::watch_worker(python_worker& worker) {
  watch_socket(worker);
  watch(worker.child.output(), EPOLLIN, worker.id * descriptors_per_worker + 2);
  watch(worker.child.exit_fd(), EPOLLIN,
        worker.id * descriptors_per_worker + 3);
}

void worker_pool::ignore(int fd) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

python_worker* worker_pool::find_worker(uint64_t id) {
  auto i = workers_.find(id);
  return i == workers_.end() ? nullptr : i->second.get();
}

} // namespace dspex
