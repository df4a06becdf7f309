#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dspex/error.hpp"
#include "dspex/id.hpp"

namespace dspex {

enum class http_method { get, post };

/// Names a request, so that it can be cancelled.
struct http_key {
  uuid id;
  /// Tells requests apart that are sent for the same purpose.
  uint8_t copy = 0;

  friend bool operator==(const http_key&, const http_key&) = default;
};

struct http_response {
  int status = 0;
  std::string body;
  /// From the header `Retry-After`, as seconds or date; zero without one.
  std::chrono::seconds retry_after{0};
};

/// Says when requests may start, e.g. those to one server. A gate is asked in
/// the client's thread only and must not throw.
class http_gate {
public:
  using time_point = std::chrono::steady_clock::time_point;

  virtual ~http_gate() = default;

  /// Says when a request may start: now, or the gate is asked again at the time
  /// returned, which is before the deadline.
  /// @param cost what the request uses up of a limited rate.
  /// @param again the request has waited for the time returned, or for room.
  /// @returns an error for the callback if the request may not start at all.
  [[nodiscard]] virtual result<time_point>
  admit(time_point now, time_point deadline, size_t cost, bool again) = 0;

  /// Whether one more request may be under way. Requests without room start in
  /// their order as others end.
  [[nodiscard]] virtual bool has_room() const = 0;

  /// A request is under way.
  virtual void begun() = 0;

  /// A request is no longer under way.
  /// @param response null if the request was dropped.
  virtual void ended(time_point now, const result<http_response>* response) = 0;
};

struct http_request {
  http_method method = http_method::post;
  std::string url;
  /// `Name: value`, without line ends.
  std::vector<std::string> headers;
  /// Empty for a GET.
  std::string body;
  std::chrono::steady_clock::time_point deadline;
  /// The request starts then; at once by default.
  std::chrono::steady_clock::time_point not_before{};
  /// Nothing holds the request back if this is null.
  std::shared_ptr<http_gate> gate{};
  /// What the request uses up of the rate that the gate limits.
  size_t cost = 0;
  /// Takes each piece of the body of a response with status 200 as it comes, in
  /// the client's thread; the response has the whole body all the same. It must
  /// not throw.
  std::function<void(std::string_view)> on_data{};
};

/// How a client reaches servers.
struct http_options {
  size_t max_response_bytes = 10'000'000;
  /// `environment`: what `http_proxy`, `https_proxy` and `no_proxy` say, and
  /// none for loopback; `none`; or the URL of a proxy for all requests.
  std::string proxy = "environment";
  /// `system`, or a file of PEM certificates to trust instead.
  std::string ca_file = "system";
};

/// Sends many HTTP requests at once from one thread of its own, over
/// connections that are kept and reused.
///
/// TLS certificates are verified, redirects are not followed. Thread safe.
class http_client {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Takes the response, once, from the client's thread, unless the request is
  /// cancelled or the client destroyed. If the callback returns a time before
  /// the deadline, the client sends the same request again then, and calls back
  /// again. It must not throw.
  ///
  /// The errors are `timeout` at the deadline; `backend_unavailable` without a
  /// connection or when it breaks; `backend_failed` for a response beyond
  /// `max_response_bytes`; what the gate refuses with.
  using callback
    = std::function<std::optional<time_point>(result<http_response>)>;

  /// @throws std::runtime_error if the system refuses a thread or descriptor.
  explicit http_client(http_options options);

  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// Drops what is under way; no callback is called once it has returned.
  ~http_client();

  /// Sends a request, and drops one with the same key that is under way.
  void send(http_key key, http_request request, callback done);

  /// Drops a request; its callback is no longer called, except for one that is
  /// running just now.
  void cancel(http_key key);

private:
  class loop;
  std::unique_ptr<loop> loop_;
};

} // namespace dspex

template <>
struct std::hash<dspex::http_key> {
  size_t operator()(const dspex::http_key& x) const noexcept {
    return std::hash<dspex::uuid>{}(x.id) ^ x.copy;
  }
};
