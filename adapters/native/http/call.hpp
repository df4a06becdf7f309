#pragma once

#include <memory>
#include <string>

#include <curl/curl.h>

#include "adapters/native/http/client.hpp"

namespace dspex {

/// A handle of one transfer. Handles are expensive to make, so they are used
/// again.
using curl_easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

/// One request on its way through curl: sets up a transfer, collects its
/// response, and says what came of it. Only the loop's thread uses it.
class http_call {
public:
  http_call(http_request request, http_client::callback done);

  http_call(const http_call&) = delete;
  http_call& operator=(const http_call&) = delete;

  /// Prepares `handle` for the request and keeps it until `finish`.
  /// @param options outlive the transfer.
  void start(curl_easy handle, const http_options& options);

  /// Says what the transfer ended with.
  [[nodiscard]] result<http_response> finish(CURLcode code);

  /// The answer for a request whose deadline has passed.
  [[nodiscard]] static error deadline_passed();

  /// Gives the handle back, for the next call.
  [[nodiscard]] curl_easy take_handle();

  [[nodiscard]] CURL* handle() const {
    return handle_.get();
  }

  [[nodiscard]] const http_request& request() const {
    return request_;
  }

  [[nodiscard]] const http_client::callback& done() const {
    return done_;
  }

private:
  using header_list
    = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

  static size_t on_body(char* data, size_t size, size_t n, void* self);
  static size_t on_header(char* data, size_t size, size_t n, void* self);

  http_request request_;
  http_client::callback done_;
  curl_easy handle_{nullptr, &curl_easy_cleanup};
  header_list headers_{nullptr, &curl_slist_free_all};
  std::string body_;
  size_t max_bytes_ = 0;
  size_t header_bytes_ = 0;
  bool too_large_ = false;
};

} // namespace dspex
