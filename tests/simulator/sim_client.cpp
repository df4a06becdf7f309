#include "tests/simulator/sim_client.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace dspex::test {

http_transfer::http_transfer(http_request request)
  : request_(std::move(request)), handle_(curl_easy_init()) {
  auto h = handle_;
  curl_easy_setopt(h, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(h, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, request_.timeout_ms);
  if (request_.method == "POST") {
    curl_easy_setopt(h, CURLOPT_POSTFIELDS, request_.body.data());
    curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
  }
  // No `Expect: 100-continue`, for which curl waits a second.
  request_.headers.emplace_back("Expect:");
  request_.headers.emplace_back("Content-Type: application/json");
  for (auto& header : request_.headers)
    headers_ = curl_slist_append(headers_, header.c_str());
  curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers_);
  curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, &http_transfer::on_body);
  curl_easy_setopt(h, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, &http_transfer::on_header);
  curl_easy_setopt(h, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(h, CURLOPT_PRIVATE, this);
}

http_transfer::~http_transfer() {
  curl_slist_free_all(headers_);
  curl_easy_cleanup(handle_);
}

http_reply http_transfer::finish(CURLcode code) {
  reply_.code = code;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &reply_.status);
  curl_easy_getinfo(handle_, CURLINFO_TOTAL_TIME, &reply_.seconds);
  return std::move(reply_);
}

size_t http_transfer::on_body(char* data, size_t, size_t size, void* self) {
  auto& transfer = *static_cast<http_transfer*>(self);
  transfer.received_ += size;
  if (transfer.reply_.body.size() < transfer.request_.keep)
    transfer.reply_.body.append(data, size);
  return size;
}

size_t http_transfer::on_header(char* data, size_t, size_t size, void* self) {
  static_cast<http_transfer*>(self)->reply_.headers.append(data, size);
  return size;
}

http_reply send(http_request request) {
  http_transfer transfer{std::move(request)};
  return transfer.finish(curl_easy_perform(transfer.handle()));
}

http_reply post(const std::string& base_url, std::string body,
                std::vector<std::string> headers) {
  http_request request;
  request.url = base_url + "/chat/completions";
  request.body = std::move(body);
  request.headers = std::move(headers);
  return send(std::move(request));
}

std::string one_message(const std::string& content) {
  nlohmann::json body{{"model", "any"},
                      {"messages", {{{"role", "user"}, {"content", content}}}}};
  return body.dump();
}

http_reply ask(const std::string& base_url, const std::string& content) {
  return post(base_url, one_message(content));
}

} // namespace dspex::test
