#include "adapters/native/http/loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <sys/epoll.h>
#include <system_error>

namespace dspex {

namespace {

// How many transfers a shard has, and how many connections it keeps for later
// ones: many in the first shard, few in those that only a burst needs.
constexpr size_t max_transfers = 256;
constexpr long max_connections = 256;
constexpr long max_burst_connections = 32;

constexpr size_t max_spare_handles = 64;

constexpr int max_wait_ms = 60'000;

void initialize_curl() {
  static const auto code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK)
    throw std::runtime_error(curl_easy_strerror(code));
}

// Stands for a shard in the tag of the loop's own wake-up descriptor.
constexpr uint32_t no_shard = UINT32_MAX;

// Epoll remembers the number of a descriptor and its shard.
uint64_t to_tag(int fd, uint32_t shard_number) {
  return uint64_t{shard_number} << 32 | static_cast<uint32_t>(fd);
}

std::pair<int, uint32_t> from_tag(uint64_t tag) {
  return {static_cast<int>(static_cast<uint32_t>(tag)),
          static_cast<uint32_t>(tag >> 32)};
}

} // namespace

// -- constructors and destructors ---------------------------------------------

http_loop::http_loop(http_options options)
  : options_(std::move(options)), epoll_(make_epoll()) {
  initialize_curl();
  shards_.push_back(std::make_unique<shard>(epoll_.get(), 0));
  auto event = epoll_event{};
  event.events = EPOLLIN;
  event.data.u64 = to_tag(wakeup_.get(), no_shard);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wakeup_.get(), &event) != 0)
    throw std::system_error(errno, std::generic_category(),
                            "cannot make an event loop");
}

http_loop::~http_loop() {
  for (auto& [easy, x] : transfers_)
    curl_multi_remove_handle(x.in->multi.get(), easy);
  calls_.clear();
  // Closing connections calls back into its shard, and needs epoll.
  for (auto& x : shards_)
    x->multi.reset();
}

http_loop::shard::shard(int epoll_fd, uint32_t n)
  : epoll(epoll_fd), number(n), multi(curl_multi_init(), &curl_multi_cleanup) {
  if (!multi)
    throw std::runtime_error("cannot initialize curl");
  curl_multi_setopt(multi.get(), CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi.get(), CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS,
                    n == 0 ? max_connections : max_burst_connections);
}

http_loop::shard& http_loop::free_shard() {
  auto i = std::find_if(shards_.begin(), shards_.end(),
                        [](auto& x) { return x->running < max_transfers; });
  if (i != shards_.end())
    return **i;
  auto number = static_cast<uint32_t>(shards_.size());
  shards_.push_back(std::make_unique<shard>(epoll_.get(), number));
  return *shards_.back();
}

// -- from any thread ----------------------------------------------------------

void http_loop::submit(command what) {
  {
    auto guard = std::lock_guard{mutex_};
    commands_.push_back(std::move(what));
  }
  wakeup_.wake();
}

void http_loop::stop() {
  stopping_ = true;
  wakeup_.wake();
}

// -- the loop -----------------------------------------------------------------

void http_loop::run() {
  block_signals();
  while (!stopping_) {
    handle_events();
    if (stopping_)
      break;
    handle_commands();
    handle_timers();
    handle_finished();
  }
}

int http_loop::wait_milliseconds() const {
  auto next = std::optional<clock::time_point>{};
  auto consider = [&](clock::time_point when) {
    next = next ? std::min(*next, when) : when;
  };
  for (auto& x : shards_)
    if (x->timer)
      consider(*x->timer);
  if (!waiting_.empty())
    consider(waiting_.begin()->first);
  if (!next)
    return max_wait_ms;
  auto left
    = std::chrono::ceil<std::chrono::milliseconds>(*next - clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, max_wait_ms));
}

void http_loop::handle_events() {
  auto events = std::array<epoll_event, 64>{};
  auto n = ::epoll_wait(epoll_.get(), events.data(),
                        static_cast<int>(events.size()), wait_milliseconds());
  for (int i = 0; i < n; ++i) {
    auto& event = events[static_cast<size_t>(i)];
    auto [fd, number] = from_tag(event.data.u64);
    if (number == no_shard) {
      wakeup_.clear();
      continue;
    }
    auto flags = (event.events & EPOLLIN ? CURL_CSELECT_IN : 0)
                 | (event.events & EPOLLOUT ? CURL_CSELECT_OUT : 0)
                 | (event.events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR
                                                         : 0);
    auto running = 0;
    curl_multi_socket_action(shards_[number]->multi.get(), fd, flags, &running);
  }
}

void http_loop::handle_commands() {
  auto commands = std::vector<command>{};
  {
    auto guard = std::lock_guard{mutex_};
    commands.swap(commands_);
  }
  for (auto& x : commands) {
    drop(x.key);
    if (!x.call)
      continue;
    auto& added = calls_[x.key];
    added.key = x.key;
    added.call = std::move(x.call);
    auto when = added.call->request().not_before;
    if (when > clock::now())
      begin_later(added, when);
    else
      begin(added);
  }
}

void http_loop::handle_timers() {
  auto now = clock::now();
  for (auto& x : shards_)
    if (x->timer && *x->timer <= now) {
      x->timer.reset();
      auto running = 0;
      curl_multi_socket_action(x->multi.get(), CURL_SOCKET_TIMEOUT, 0,
                               &running);
    }
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    auto key = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    if (auto i = calls_.find(key); i != calls_.end()) {
      i->second.wake.reset();
      begin(i->second);
    }
  }
}

void http_loop::handle_finished() {
  // The loop counts, since a callback may add a shard.
  for (size_t i = 0; i < shards_.size(); ++i) {
    auto left = 0;
    while (auto message = curl_multi_info_read(shards_[i]->multi.get(), &left))
      if (message->msg == CURLMSG_DONE)
        handle_finished(message->easy_handle, message->data.result);
  }
}

void http_loop::handle_finished(CURL* easy, CURLcode code) {
  auto i = transfers_.find(easy);
  if (i == transfers_.end())
    return;
  auto& x = calls_.at(i->second.key);
  auto response = x.call->finish(code);
  end_transfer(easy);
  recycle(x.call->take_handle());
  // The call may be gone after its answer, and its share of the gate with it.
  auto gate = x.call->request().gate;
  x.begun = false;
  if (gate)
    gate->ended(clock::now(), &response);
  answer(x, std::move(response));
  begin_parked(gate.get());
}

void http_loop::begin(entry& x) {
  auto now = clock::now();
  auto& call = *x.call;
  auto deadline = call.request().deadline;
  if (now >= deadline) {
    answer(x, fail(http_call::deadline_passed()));
    return;
  }
  if (auto& gate = call.request().gate) {
    auto when = gate->admit(now, deadline, call.request().cost, x.asked);
    x.asked = true;
    if (!when) {
      answer(x, fail(std::move(when.error())));
      return;
    }
    if (*when > now) {
      begin_later(x, *when);
      return;
    }
    x.parked = !gate->has_room();
    if (x.parked) {
      parked_[gate.get()].push_back(x.key);
      begin_later(x, deadline);
      return;
    }
  }
  auto handle = curl_easy{nullptr, &curl_easy_cleanup};
  if (spare_handles_.empty()) {
    handle.reset(curl_easy_init());
  } else {
    handle = std::move(spare_handles_.back());
    spare_handles_.pop_back();
  }
  if (!handle) {
    answer(x, fail(errc::backend_unavailable, "out of memory"));
    return;
  }
  call.start(std::move(handle), options_);
  if (auto& gate = call.request().gate) {
    gate->begun();
    x.begun = true;
  }
  auto& in = free_shard();
  ++in.running;
  transfers_.emplace(call.handle(), transfer{x.key, &in});
  curl_multi_add_handle(in.multi.get(), call.handle());
}

void http_loop::drop(const http_key& key) {
  auto i = calls_.find(key);
  if (i == calls_.end())
    return;
  auto& call = *i->second.call;
  auto gate = call.request().gate;
  auto was_begun = i->second.begun;
  if (call.handle() != nullptr) {
    end_transfer(call.handle());
    recycle(call.take_handle());
  }
  forget_wake(i->second);
  calls_.erase(i);
  if (gate && was_begun) {
    gate->ended(clock::now(), nullptr);
    begin_parked(gate.get());
  }
}

void http_loop::end_transfer(CURL* easy) {
  auto i = transfers_.find(easy);
  auto& in = *i->second.in;
  curl_multi_remove_handle(in.multi.get(), easy);
  --in.running;
  transfers_.erase(i);
}

void http_loop::begin_later(entry& x, clock::time_point when) {
  x.wake = when;
  waiting_.emplace(when, x.key);
}

void http_loop::forget_wake(entry& x) {
  if (!x.wake)
    return;
  auto [first, last] = waiting_.equal_range(*x.wake);
  auto i = std::find_if(first, last,
                        [&](auto& y) { return y.second == x.key; });
  if (i != last)
    waiting_.erase(i);
  x.wake.reset();
}

// Gives the room that a call has left to those that wait for it.
void http_loop::begin_parked(http_gate* gate) {
  auto i = parked_.find(gate);
  while (i != parked_.end() && !i->second.empty() && gate->has_room()) {
    auto key = i->second.front();
    i->second.pop_front();
    auto j = calls_.find(key);
    if (j != calls_.end() && j->second.parked) {
      j->second.parked = false;
      forget_wake(j->second);
      begin(j->second);
      // The callback of a call that was refused may have changed the rest.
      i = parked_.find(gate);
    }
  }
  if (i != parked_.end() && i->second.empty())
    parked_.erase(i);
}

void http_loop::answer(entry& x, result<http_response> response) {
  forget_wake(x);
  x.asked = x.parked = false;
  auto again = x.call->done()(std::move(response));
  if (again && *again < x.call->request().deadline)
    begin_later(x, *again);
  else
    calls_.erase(calls_.find(x.key));
}

void http_loop::recycle(curl_easy handle) {
  if (spare_handles_.size() < max_spare_handles)
    spare_handles_.push_back(std::move(handle));
}

// -- callbacks of curl --------------------------------------------------------

int http_loop::on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
  auto in = static_cast<shard*>(self);
  auto epoll = in->epoll;
  if (what == CURL_POLL_REMOVE) {
    ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
    return 0;
  }
  auto event = epoll_event{};
  event.data.u64 = to_tag(fd, in->number);
  if ((what & CURL_POLL_IN) != 0)
    event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0)
    event.events |= EPOLLOUT;
  // curl does not say whether the descriptor is known to epoll.
  if (::epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) != 0 && errno == ENOENT)
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  return 0;
}

int http_loop::on_timer(CURLM*, long milliseconds, void* self) {
  auto& timer = static_cast<shard*>(self)->timer;
  if (milliseconds < 0)
    timer.reset();
  else
    timer = clock::now() + std::chrono::milliseconds{milliseconds};
  return 0;
}

} // namespace dspex
