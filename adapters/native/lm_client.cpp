#include "adapters/native/lm_client.hpp"

#include <algorithm>
#include <optional>
#include <random>

#include "adapters/native/lm_wire.hpp"

namespace dspex {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using time_point = steady_clock::time_point;

// One question until its answer, over all its attempts. Lives in the callback
// of the HTTP client, in that client's thread.
struct conversation {
  lm_client_options options;
  std::shared_ptr<const lm_options> settings;
  time_point begin;
  time_point deadline;
  lm_client::callback done;
  int32_t retries = 0;

  std::optional<time_point> on_response(result<http_response> response) {
    if (!response) {
      finish(transport_error(std::move(response.error())));
      return std::nullopt;
    }
    if (is_transient_status(response->status)
        && retries < settings->max_retries) {
      auto again = steady_clock::now() + pause(*response);
      if (again < deadline) {
        ++retries;
        return again;
      }
    }
    if (response->status != 200) {
      finish(fail(status_error(*response, *settings)));
      return std::nullopt;
    }
    finish(read_chat_completion(response->body, options.max_response_bytes,
                                settings->api_key));
    return std::nullopt;
  }

  [[nodiscard]] milliseconds pause(const http_response& response) const {
    thread_local auto random = std::minstd_rand{std::random_device{}()};
    auto full = std::min(options.retry_pause * (int64_t{1} << retries),
                         options.max_retry_pause)
                  .count();
    auto spread = std::uniform_int_distribution<int64_t>{full / 2, full};
    return std::max(milliseconds{spread(random)},
                    duration_cast<milliseconds>(response.retry_after));
  }

  result<chat_completion> transport_error(error err) const {
    err.message = "The model server at " + settings->base_url + ": "
                  + err.message;
    return fail(std::move(err));
  }

  void finish(result<chat_completion> answer) {
    auto usage = json::object();
    usage["model"] = settings->model;
    if (answer)
      for (auto& [name, value] : answer->usage.items())
        usage[name] = value;
    usage["retries"] = retries;
    usage["latency_ms"]
      = duration_cast<milliseconds>(steady_clock::now() - begin).count();
    auto text = std::move(answer).map(
      [](chat_completion&& x) { return std::move(x.text); });
    done({std::move(text), std::move(usage)});
  }
};

} // namespace

lm_client::lm_client(lm_client_options options)
  : options_(options), http_(options.max_response_bytes) {
}

lm_client::~lm_client() = default;

void lm_client::send(const lm_request& request, callback done) {
  auto& settings = *request.settings;
  auto http = http_request{};
  http.url = settings.base_url + "/chat/completions";
  http.headers = {"Content-Type: application/json"};
  if (!settings.api_key.empty())
    http.headers.push_back("Authorization: Bearer " + settings.api_key);
  http.body = chat_request_body(settings, request.messages,
                                request.response_format);
  http.deadline = request.deadline;
  auto state = std::make_shared<conversation>(
    conversation{options_, request.settings, steady_clock::now(),
                 request.deadline, std::move(done)});
  http_.send(request.key, std::move(http),
             [state](result<http_response> response) {
               return state->on_response(std::move(response));
             });
}

void lm_client::cancel(uuid key) {
  http_.cancel(key);
}

} // namespace dspex
