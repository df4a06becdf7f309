#include "tests/outages/tcp_proxy.hpp"

#include <arpa/inet.h>
#include <map>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dspex::test {

namespace {

sockaddr_in loopback(uint16_t port) {
  auto out = sockaddr_in{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

// A child process must not inherit the descriptor: a server that a test starts
// would keep the connections open.
int make_socket() {
  auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    throw std::runtime_error("no socket");
  return fd;
}

bool send_all(int fd, const char* data, size_t size) {
  while (size > 0) {
    auto n = ::send(fd, data, size, MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    data += n;
    size -= static_cast<size_t>(n);
  }
  return true;
}

} // namespace

tcp_proxy::tcp_proxy(uint16_t server_port)
  : server_port_(server_port),
    listener_(make_socket()),
    wakeup_(::eventfd(0, EFD_CLOEXEC)) {
  auto address = loopback(0);
  auto size = socklen_t{sizeof(address)};
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 128) != 0
      || ::getsockname(listener_, generic, &size) != 0)
    throw std::runtime_error("cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread{[this] { run(); }};
}

tcp_proxy::~tcp_proxy() {
  {
    auto guard = std::lock_guard{mutex_};
    stopping_ = true;
  }
  wake();
  thread_.join();
  for (auto& x : links_)
    close(x, false);
  ::close(listener_);
  ::close(wakeup_);
}

void tcp_proxy::drop() {
  {
    auto guard = std::lock_guard{mutex_};
    for (auto& x : links_)
      close(x, true);
    links_.clear();
  }
  wake();
}

void tcp_proxy::freeze() {
  set(flow::frozen);
}

void tcp_proxy::swallow_answers() {
  set(flow::requests_only);
}

void tcp_proxy::set(flow x) {
  {
    auto guard = std::lock_guard{mutex_};
    at_ = x;
    for (auto& open : links_)
      open.at = x;
  }
  wake();
}

void tcp_proxy::thaw() {
  auto guard = std::lock_guard{mutex_};
  at_ = flow::open;
}

void tcp_proxy::wake() {
  ::eventfd_write(wakeup_, 1);
}

void tcp_proxy::run() {
  for (;;) {
    auto polled = std::vector<pollfd>{{listener_, POLLIN, 0},
                                      {wakeup_, POLLIN, 0}};
    {
      auto guard = std::lock_guard{mutex_};
      if (stopping_)
        return;
      for (auto& x : links_)
        if (x.at != flow::frozen)
          polled.insert(polled.end(),
                        {{x.client, POLLIN, 0}, {x.server, POLLIN, 0}});
    }
    ::poll(polled.data(), polled.size(), -1);
    auto guard = std::lock_guard{mutex_};
    if (polled[1].revents != 0) {
      auto count = eventfd_t{0};
      ::eventfd_read(wakeup_, &count);
    }
    auto readable = std::map<int, bool>{};
    for (auto& x : polled)
      readable[x.fd] = x.revents != 0;
    // A connection may have been dropped or frozen meanwhile.
    std::erase_if(links_, [&](const link& x) {
      if (x.at == flow::frozen || (!readable[x.client] && !readable[x.server]))
        return false;
      auto lives = (!readable[x.client] || pass(x, x.client))
                   && (!readable[x.server] || pass(x, x.server));
      if (!lives)
        close(x, false);
      return !lives;
    });
    if (polled[0].revents != 0)
      take_client();
  }
}

void tcp_proxy::take_client() {
  auto x = link{};
  x.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  x.at = at_;
  if (x.client < 0)
    return;
  if (x.at != flow::frozen) {
    x.server = make_socket();
    auto address = loopback(server_port_);
    if (::connect(x.server, reinterpret_cast<sockaddr*>(&address),
                  sizeof(address))
        != 0)
      return close(x, true);
    auto on = 1;
    for (auto fd : {x.client, x.server})
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  links_.push_back(x);
}

bool tcp_proxy::pass(const link& x, int from) {
  char buffer[65'536];
  auto n = ::recv(from, buffer, sizeof(buffer), MSG_DONTWAIT);
  if (n < 0)
    return errno == EAGAIN;
  if (n == 0)
    return false;
  auto is_answer = from == x.server;
  if (is_answer && x.at == flow::requests_only)
    return true;
  return send_all(is_answer ? x.client : x.server, buffer,
                  static_cast<size_t>(n));
}

void tcp_proxy::close(const link& x, bool reset) {
  auto at_once = linger{.l_onoff = 1, .l_linger = 0};
  for (auto fd : {x.client, x.server}) {
    if (fd < 0)
      continue;
    if (reset)
      ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    ::close(fd);
  }
}

} // namespace dspex::test
