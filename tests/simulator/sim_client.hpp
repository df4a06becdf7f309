#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <curl/curl.h>

namespace dspex::test {

/// The answer of the server.
struct http_reply {
  CURLcode code = CURLE_OK;
  long status = 0;
  std::string body;
  std::string headers;
  double seconds = 0;
};

struct http_request {
  std::string url;
  std::string method = "POST";
  std::string body;
  std::vector<std::string> headers;
  long timeout_ms = 30'000;
  /// How many bytes are kept; those beyond are only counted.
  size_t keep = 1'000'000;
};

/// One transfer; usable alone or inside a multi handle.
class http_transfer {
public:
  explicit http_transfer(http_request request);
  http_transfer(const http_transfer&) = delete;
  http_transfer& operator=(const http_transfer&) = delete;
  ~http_transfer();

  CURL* handle() const {
    return handle_;
  }

  /// Reads status and time after the transfer has ended with `code`.
  http_reply finish(CURLcode code);

  size_t received() const {
    return received_;
  }

private:
  static size_t on_body(char* data, size_t, size_t size, void* self);
  static size_t on_header(char* data, size_t, size_t size, void* self);

  http_request request_;
  http_reply reply_;
  CURL* handle_;
  curl_slist* headers_ = nullptr;
  size_t received_ = 0;
};

/// Sends one request and waits for its end.
http_reply send(http_request request);

/// Posts a body to `base_url` + `/chat/completions`.
http_reply post(const std::string& base_url, std::string body,
                std::vector<std::string> headers = {});

/// A request body with one user message.
std::string one_message(const std::string& content);

/// Posts one user message.
http_reply ask(const std::string& base_url, const std::string& content);

} // namespace dspex::test
