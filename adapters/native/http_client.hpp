#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dspex/error.hpp"
#include "dspex/id.hpp"

namespace dspex {

enum class http_method { get, post };

struct http_request {
  http_method method = http_method::post;
  std::string url;
  /// `Name: value`, without line ends.
  std::vector<std::string> headers;
  /// Of a POST.
  std::string body;
  std::chrono::steady_clock::time_point deadline;
};

struct http_response {
  int status = 0;
  std::string body;
  /// From the header `Retry-After`, as seconds or date; zero without one.
  std::chrono::seconds retry_after{0};
};

/// Sends many HTTP requests at once from one thread of its own, over
/// connections that are kept and reused.
///
/// TLS certificates are verified, redirects are not followed. Thread safe.
class http_client {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Called once, from the client's thread, unless the request is cancelled or
  /// the client destroyed. A returned time, if it is before the deadline, sends
  /// the same request again then, and the callback is called again.
  ///
  /// Errors: `timeout` at the deadline; `backend_unavailable` without a
  /// connection or when it breaks; `backend_failed` for a response beyond
  /// `max_response_bytes`. It must not throw.
  using callback
    = std::function<std::optional<time_point>(result<http_response>)>;

  /// @throws std::runtime_error if the system refuses a thread or descriptor.
  explicit http_client(size_t max_response_bytes);

  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// Drops what is under way; no callback is called once it has returned.
  ~http_client();

  /// Sends a request. One with the same key that is under way is dropped.
  void send(uuid key, http_request request, callback done);

  /// Drops a request; its callback is no longer called, except for one that is
  /// running just now.
  void cancel(uuid key);

private:
  class loop;
  std::unique_ptr<loop> loop_;
};

} // namespace dspex
