#include "adapters/native/http_loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace dspex {

namespace {

// Idle connections kept for later requests.
constexpr long max_idle_connections = 256;

constexpr size_t max_spare_handles = 64;

constexpr int max_wait_ms = 60'000;

void initialize_curl() {
  static const auto code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK)
    throw std::runtime_error(curl_easy_strerror(code));
}

// The process handles its signals in threads of its own.
void block_signals() {
  auto all = sigset_t{};
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

} // namespace

// -- descriptor ---------------------------------------------------------------

http_loop::descriptor::descriptor(int fd) : fd_(fd) {
  if (fd < 0)
    throw std::system_error(errno, std::generic_category(),
                            "cannot make an event loop");
}

http_loop::descriptor::~descriptor() {
  ::close(fd_);
}

// -- constructors and destructors ---------------------------------------------

http_loop::http_loop(size_t max_response_bytes)
  : max_response_bytes_(max_response_bytes),
    epoll_(::epoll_create1(EPOLL_CLOEXEC)),
    wakeup_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
    multi_((initialize_curl(), curl_multi_init()), &curl_multi_cleanup) {
  if (!multi_)
    throw std::runtime_error("cannot initialize curl");
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, max_idle_connections);
  auto event = epoll_event{};
  event.events = EPOLLIN;
  event.data.fd = wakeup_.get();
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wakeup_.get(), &event) != 0)
    throw std::system_error(errno, std::generic_category(),
                            "cannot make an event loop");
}

http_loop::~http_loop() {
  for (auto& [easy, key] : keys_)
    curl_multi_remove_handle(multi_.get(), easy);
  calls_.clear();
  // Closing connections calls back into this object.
  multi_.reset();
}

// -- from any thread ----------------------------------------------------------

void http_loop::submit(command what) {
  {
    auto guard = std::lock_guard{mutex_};
    commands_.push_back(std::move(what));
  }
  wake();
}

void http_loop::stop() {
  stopping_ = true;
  wake();
}

void http_loop::wake() {
  // Fails only if the counter is at its limit: the loop is awake then.
  auto one = uint64_t{1};
  [[maybe_unused]] auto n = ::write(wakeup_.get(), &one, sizeof(one));
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
  auto next = curl_timer_;
  if (!waiting_.empty())
    next = next ? std::min(*next, waiting_.begin()->first)
                : waiting_.begin()->first;
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
    if (event.data.fd == wakeup_.get()) {
      auto count = uint64_t{};
      [[maybe_unused]] auto r = ::read(wakeup_.get(), &count, sizeof(count));
      continue;
    }
    auto flags = (event.events & EPOLLIN ? CURL_CSELECT_IN : 0)
                 | (event.events & EPOLLOUT ? CURL_CSELECT_OUT : 0)
                 | (event.events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR
                                                         : 0);
    auto running = 0;
    curl_multi_socket_action(multi_.get(), event.data.fd, flags, &running);
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
    auto& call = *x.call;
    calls_.emplace(x.key, std::move(x.call));
    begin(x.key, call);
  }
}

void http_loop::handle_timers() {
  auto now = clock::now();
  if (curl_timer_ && *curl_timer_ <= now) {
    curl_timer_.reset();
    auto running = 0;
    curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
  }
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    auto key = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    if (auto i = calls_.find(key); i != calls_.end())
      begin(key, *i->second);
  }
}

void http_loop::handle_finished() {
  auto left = 0;
  while (auto message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE)
      continue;
    auto easy = message->easy_handle;
    auto code = message->data.result;
    auto key = keys_.find(easy);
    if (key == keys_.end())
      continue;
    auto i = calls_.find(key->second);
    keys_.erase(key);
    auto response = i->second->finish(code);
    curl_multi_remove_handle(multi_.get(), easy);
    recycle(i->second->take_handle());
    answer(i, std::move(response));
  }
}

void http_loop::begin(const uuid& key, http_call& call) {
  if (clock::now() >= call.deadline()) {
    answer(calls_.find(key), fail(http_call::deadline_passed()));
    return;
  }
  auto handle = curl_easy{nullptr, &curl_easy_cleanup};
  if (spare_handles_.empty()) {
    handle.reset(curl_easy_init());
  } else {
    handle = std::move(spare_handles_.back());
    spare_handles_.pop_back();
  }
  if (!handle) {
    answer(calls_.find(key), fail(errc::backend_unavailable, "out of memory"));
    return;
  }
  call.start(std::move(handle), max_response_bytes_);
  keys_.emplace(call.handle(), key);
  curl_multi_add_handle(multi_.get(), call.handle());
}

void http_loop::drop(const uuid& key) {
  auto i = calls_.find(key);
  if (i == calls_.end())
    return;
  auto& call = *i->second;
  if (call.handle() != nullptr) {
    curl_multi_remove_handle(multi_.get(), call.handle());
    keys_.erase(call.handle());
    recycle(call.take_handle());
  } else {
    auto is_it = [&](const auto& x) { return x.second == key; };
    if (auto j = std::find_if(waiting_.begin(), waiting_.end(), is_it);
        j != waiting_.end())
      waiting_.erase(j);
  }
  calls_.erase(i);
}

void http_loop::answer(calls::iterator i, result<http_response> response) {
  auto again = i->second->done()(std::move(response));
  if (again && *again < i->second->deadline())
    waiting_.emplace(*again, i->first);
  else
    calls_.erase(i);
}

void http_loop::recycle(curl_easy handle) {
  if (spare_handles_.size() < max_spare_handles)
    spare_handles_.push_back(std::move(handle));
}

// -- callbacks of curl --------------------------------------------------------

int http_loop::on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
  auto epoll = static_cast<http_loop*>(self)->epoll_.get();
  if (what == CURL_POLL_REMOVE) {
    ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
    return 0;
  }
  auto event = epoll_event{};
  event.data.fd = fd;
  if ((what & CURL_POLL_IN) != 0)
    event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0)
    event.events |= EPOLLOUT;
  // Known or not: curl does not say.
  if (::epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) != 0 && errno == ENOENT)
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  return 0;
}

int http_loop::on_timer(CURLM*, long milliseconds, void* self) {
  auto& timer = static_cast<http_loop*>(self)->curl_timer_;
  if (milliseconds < 0)
    timer.reset();
  else
    timer = clock::now() + std::chrono::milliseconds{milliseconds};
  return 0;
}

} // namespace dspex
