#include "adapters/native/http/call.hpp"

#include <algorithm>
#include <new>
#include <string_view>

namespace dspex {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Longer than any healthy handshake, shorter than the patience of a caller.
constexpr auto max_connect_time = milliseconds{10'000};

constexpr size_t max_header_bytes = 256 * 1024;

// Loopback is never reached through a proxy from the environment.
bool is_loopback(std::string_view url) {
  auto start = url.find("://");
  auto rest = start == std::string_view::npos ? url : url.substr(start + 3);
  return rest.starts_with("127.") || rest.starts_with("[::1]")
         || rest.starts_with("localhost:") || rest.starts_with("localhost/");
}

} // namespace

http_call::http_call(http_request request, http_client::callback done)
  : request_(std::move(request)), done_(std::move(done)) {
}

void http_call::start(curl_easy handle, const http_options& options) {
  handle_ = std::move(handle);
  body_.clear();
  max_bytes_ = options.max_response_bytes;
  header_bytes_ = 0;
  too_large_ = false;
  auto left
    = duration_cast<milliseconds>(request_.deadline - steady_clock::now());
  left = std::max(left, milliseconds{1});
  if (!headers_) {
    // Never "Expect: 100-continue": it costs a round trip, or a second.
    headers_.reset(curl_slist_append(nullptr, "Expect:"));
    for (auto& line : request_.headers)
      headers_.reset(curl_slist_append(headers_.release(), line.c_str()));
  }
  auto set = [this](CURLoption option, auto value) {
    curl_easy_setopt(handle_.get(), option, value);
  };
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_NOSIGNAL, 1L);
  // A name server that hangs must not hang the loop.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_HTTPHEADER, headers_.get());
  if (request_.method == http_method::get) {
    set(CURLOPT_HTTPGET, 1L);
  } else {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE,
        static_cast<curl_off_t>(request_.body.size()));
    set(CURLOPT_POSTFIELDS, request_.body.data());
  }
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  set(CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(std::min(left, max_connect_time).count()));
  set(CURLOPT_WRITEFUNCTION, &http_call::on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &http_call::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_PRIVATE, this);
  auto is_set = options.proxy != "environment" && options.proxy != "none";
  if (is_set) {
    set(CURLOPT_PROXY, options.proxy.c_str());
    set(CURLOPT_NOPROXY, "");
  } else if (options.proxy == "none" || is_loopback(request_.url)) {
    set(CURLOPT_NOPROXY, "*");
  }
  if (options.ca_file != "system")
    set(CURLOPT_CAINFO, options.ca_file.c_str());
}

result<http_response> http_call::finish(CURLcode code) {
  // curl counts in milliseconds and may be early by one.
  auto late = steady_clock::now() + milliseconds{2} >= request_.deadline;
  if (code == CURLE_OPERATION_TIMEDOUT && late)
    return fail(deadline_passed());
  if (code == CURLE_OPERATION_TIMEDOUT)
    return fail(errc::backend_unavailable,
                "no connection within "
                  + std::to_string(max_connect_time.count()) + " ms");
  if (too_large_)
    return fail(errc::backend_failed, "the response is larger than "
                                        + std::to_string(max_bytes_)
                                        + " bytes");
  if (code != CURLE_OK)
    return fail(errc::backend_unavailable, curl_easy_strerror(code));
  long status = 0;
  curl_off_t retry_after = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(handle_.get(), CURLINFO_RETRY_AFTER, &retry_after);
  return http_response{static_cast<int>(status), std::move(body_),
                       std::chrono::seconds{retry_after}};
}

error http_call::deadline_passed() {
  return {errc::timeout, "no response before the deadline"};
}

curl_easy http_call::take_handle() {
  if (handle_)
    curl_easy_reset(handle_.get());
  return std::move(handle_);
}

size_t http_call::on_body(char* data, size_t size, size_t n, void* self) {
  auto call = static_cast<http_call*>(self);
  auto bytes = size * n;
  if (bytes > call->max_bytes_ - call->body_.size()) {
    call->too_large_ = true;
    return 0;
  }
  try {
    call->body_.append(data, bytes);
  } catch (const std::bad_alloc&) {
    return 0;
  }
  if (call->request_.on_data) {
    long status = 0;
    curl_easy_getinfo(call->handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status == 200)
      call->request_.on_data({data, bytes});
  }
  return bytes;
}

// Bounds what curl itself would keep of endless headers.
size_t http_call::on_header(char*, size_t size, size_t n, void* self) {
  auto call = static_cast<http_call*>(self);
  call->header_bytes_ += size * n;
  if (call->header_bytes_ <= max_header_bytes)
    return size * n;
  call->too_large_ = true;
  return 0;
}

} // namespace dspex
