#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace dspex::test {

/// One request as the test server received it, and the way to answer it.
class exchange {
public:
  exchange(int fd, size_t n, std::string request_head, std::string request_body)
    : number(n),
      head(std::move(request_head)),
      body(std::move(request_body)),
      fd_(fd) {
  }

  /// 1 for the first request of the server.
  const size_t number;
  const std::string head;
  const std::string body;

  /// Sends a whole response; `headers` are lines that end in CRLF.
  void respond(int status, const std::string& text,
               const std::string& headers = "");

  /// Sends a chat completion with this content.
  void complete(const std::string& content);

  /// Sends bytes as they are; false when the client is gone.
  bool raw(const std::string& bytes);

  /// Answers nothing until the client has closed the connection.
  void wait_for_client_to_go();

  /// Ends the connection after this exchange.
  void close() {
    open_ = false;
  }

  [[nodiscard]] bool open() const {
    return open_;
  }

private:
  int fd_;
  bool open_ = true;
};

/// A small HTTP/1.1 server over plain sockets, a thread for each connection.
class http_server {
public:
  using handler = std::function<void(exchange&)>;

  explicit http_server(handler handle);
  ~http_server();

  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  [[nodiscard]] std::string base_url() const;

  [[nodiscard]] size_t connections() const {
    return connections_;
  }

  [[nodiscard]] size_t requests() const {
    return requests_;
  }

private:
  void accept_all();
  void serve(int fd);

  handler handle_;
  int port_ = 0;
  int listener_ = -1;
  std::atomic<size_t> connections_ = 0;
  std::atomic<size_t> requests_ = 0;
  std::mutex mutex_;
  std::vector<int> sockets_;
  std::vector<std::thread> workers_;
  std::thread acceptor_;
};

/// A port of loopback where nobody listens.
[[nodiscard]] int unused_port();

} // namespace dspex::test
