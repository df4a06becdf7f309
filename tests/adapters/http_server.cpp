#include "tests/adapters/http_server.hpp"

#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

#include "dspex/json.hpp"

namespace dspex::test {

namespace {

int listen_on_loopback(int& port) {
  auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = sockaddr_in{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto size = socklen_t{sizeof(address)};
  auto ptr = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || ::bind(fd, ptr, size) != 0 || ::listen(fd, 512) != 0
      || ::getsockname(fd, ptr, &size) != 0)
    throw std::runtime_error("no socket for the test server");
  port = ntohs(address.sin_port);
  return fd;
}

size_t content_length(const std::string& head) {
  auto pos = head.find("Content-Length: ");
  return pos == std::string::npos ? 0 : std::stoul(head.substr(pos + 16));
}

} // namespace

void exchange::respond(int status, const std::string& text,
                       const std::string& headers) {
  raw("HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Length: "
      + std::to_string(text.size()) + "\r\n" + headers + "\r\n" + text);
}

void exchange::complete(const std::string& content) {
  auto message = json::object();
  message["role"] = "assistant";
  message["content"] = content;
  auto choice = json::object();
  choice["index"] = 0;
  choice["message"] = message;
  choice["finish_reason"] = "stop";
  auto reply = json::object();
  reply["model"] = "test-model-1";
  reply["choices"] = json::array();
  reply["choices"].push_back(choice);
  reply["usage"] = json::object();
  reply["usage"]["prompt_tokens"] = 11;
  reply["usage"]["completion_tokens"] = 7;
  reply["usage"]["total_tokens"] = 18;
  respond(200, dump_json(reply));
}

bool exchange::raw(const std::string& bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    auto n = ::send(fd_, bytes.data() + sent, bytes.size() - sent,
                    MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    sent += static_cast<size_t>(n);
  }
  return true;
}

void exchange::wait_for_client_to_go() {
  auto byte = char{};
  while (::recv(fd_, &byte, 1, 0) > 0)
    ;
  close();
}

http_server::http_server(handler handle)
  : handle_(std::move(handle)), listener_(listen_on_loopback(port_)) {
  acceptor_ = std::thread{[this] { accept_all(); }};
}

http_server::~http_server() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    auto guard = std::lock_guard{mutex_};
    for (auto fd : sockets_)
      ::shutdown(fd, SHUT_RDWR);
  }
  for (auto& x : workers_)
    x.join();
  for (auto fd : sockets_)
    ::close(fd);
}

std::string http_server::base_url() const {
  return "http://127.0.0.1:" + std::to_string(port_) + "/v1";
}

void http_server::accept_all() {
  for (;;) {
    auto fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0)
      return;
    ++connections_;
    auto guard = std::lock_guard{mutex_};
    sockets_.push_back(fd);
    workers_.emplace_back([this, fd] { serve(fd); });
  }
}

void http_server::serve(int fd) {
  auto buffer = std::string{};
  auto chunk = std::array<char, 65536>{};
  auto receive = [&] {
    auto n = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (n > 0)
      buffer.append(chunk.data(), static_cast<size_t>(n));
    return n > 0;
  };
  for (auto open = true; open;) {
    auto end = std::string::npos;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos)
      if (!receive())
        return;
    auto head = buffer.substr(0, end + 4);
    auto length = content_length(head);
    while (buffer.size() < head.size() + length)
      if (!receive())
        return;
    auto request = exchange{fd, ++requests_, head,
                            buffer.substr(head.size(), length)};
    buffer.erase(0, head.size() + length);
    handle_(request);
    open = request.open();
  }
  ::shutdown(fd, SHUT_RDWR);
}

int unused_port() {
  auto port = 0;
  ::close(listen_on_loopback(port));
  return port;
}

} // namespace dspex::test
