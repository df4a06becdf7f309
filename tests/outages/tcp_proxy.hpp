#pragma once

#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace dspex::test {

/// Stands between clients and a server on 127.0.0.1, and does to them what
/// networks do. Thread safe.
class tcp_proxy {
public:
  explicit tcp_proxy(uint16_t server_port);
  tcp_proxy(const tcp_proxy&) = delete;
  tcp_proxy& operator=(const tcp_proxy&) = delete;
  ~tcp_proxy();

  [[nodiscard]] uint16_t port() const {
    return port_;
  }

  /// Resets every connection.
  void drop();

  /// Passes nothing on any more, in neither direction: the kernel acknowledges
  /// what is sent, and takes new connections, but nobody answers.
  void freeze();

  /// Passes requests on, but no answers.
  void swallow_answers();

  /// Serves new connections; the others stay as they are.
  void thaw();

private:
  enum class flow { open, requests_only, frozen };

  struct link {
    int client = -1;
    /// -1 if it was taken while frozen.
    int server = -1;
    flow at = flow::open;
  };

  void run();
  void set(flow x);
  void wake();
  void take_client();
  /// @returns whether the connection lives.
  bool pass(const link& x, int from);
  static void close(const link& x, bool reset);

  uint16_t server_port_;
  uint16_t port_ = 0;
  int listener_ = -1;
  int wakeup_ = -1;
  std::mutex mutex_;
  std::vector<link> links_;
  flow at_ = flow::open;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace dspex::test
