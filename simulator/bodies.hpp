#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <restinio/all.hpp>

#include "simulator/protocol.hpp"
#include "simulator/stream.hpp"

namespace dspex {

using request_handle = restinio::request_handle_t;
using plain_response
  = restinio::response_builder_t<restinio::restinio_controlled_output_t>;
using sized_response
  = restinio::response_builder_t<restinio::user_controlled_output_t>;
using chunked_response
  = restinio::response_builder_t<restinio::chunked_output_t>;

inline restinio::http_status_line_t status_line(uint16_t status) {
  return {restinio::http_status_code_t{status}, sim_reason(status)};
}

/// Sends `huge=N`: one chunk at a time, the next when the last is written.
class huge_reply : public std::enable_shared_from_this<huge_reply> {
public:
  huge_reply(asio::io_context& io, chunked_response response, uint64_t bytes)
    : io_(io), response_(std::move(response)) {
    auto frame = head.size() + tail.size();
    left_ = bytes > frame ? bytes - frame : 0;
  }

  void begin() {
    response_.append_chunk(restinio::const_buffer(head.data(), head.size()));
    next();
  }

private:
  static constexpr size_t chunk_size = 64 * 1024;
  static constexpr std::string_view head
    = R"({"choices":[{"index":0,"message":{"role":"assistant","content":")";
  static constexpr std::string_view tail = R"("}}]})";

  static const std::string& filler() {
    static const std::string text(chunk_size, 'x');
    return text;
  }

  void next() {
    auto size = static_cast<size_t>(std::min<uint64_t>(left_, chunk_size));
    left_ -= size;
    response_.append_chunk(restinio::const_buffer(filler().data(), size));
    if (left_ == 0) {
      response_.append_chunk(restinio::const_buffer(tail.data(), tail.size()));
      response_.done();
      return;
    }
    response_.flush([self = shared_from_this()](const auto& failure) {
      // Not from here: RESTinio is in the middle of its own writing.
      if (!failure)
        asio::post(self->io_, [self] { self->next(); });
    });
  }

  asio::io_context& io_;
  chunked_response response_;
  uint64_t left_ = 0;
};

/// Sends a stream: one event at a time, the next when the last is written and
/// its tokens have taken their time.
class event_reply : public std::enable_shared_from_this<event_reply> {
public:
  event_reply(asio::io_context& io, chunked_response response,
              std::vector<sim_event> events, double tokens_per_second)
    : timer_(io),
      response_(std::move(response)),
      events_(std::move(events)),
      tokens_per_second_(tokens_per_second) {
  }

  void begin() {
    response_.append_chunk(std::move(events_[next_].text));
    if (++next_ == events_.size()) {
      response_.done();
      return;
    }
    response_.flush([self = shared_from_this()](const auto& failure) {
      if (!failure)
        self->wait();
    });
  }

private:
  void wait() {
    auto pause = std::chrono::nanoseconds{0};
    if (tokens_per_second_ > 0)
      pause = std::chrono::nanoseconds{static_cast<int64_t>(
        static_cast<double>(events_[next_].tokens) / tokens_per_second_ * 1e9)};
    // The timer is needed for no pause as well: RESTinio is in the middle of
    // its own writing.
    timer_.expires_after(pause);
    timer_.async_wait([self = shared_from_this()](const auto& failure) {
      if (!failure)
        self->begin();
    });
  }

  asio::steady_timer timer_;
  chunked_response response_;
  std::vector<sim_event> events_;
  double tokens_per_second_;
  size_t next_ = 0;
};

} // namespace dspex
