#include "adapters/native/lm/gate.hpp"

#include <algorithm>

namespace dspex {

namespace {

using std::chrono::ceil;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;

// The time that `count` of something take at a rate.
nanoseconds time_of(int64_t count, size_t per_minute) {
  auto one = static_cast<double>(nanoseconds{minutes{1}}.count())
             / static_cast<double>(per_minute);
  return nanoseconds{static_cast<int64_t>(one * static_cast<double>(count))};
}

bool is_failure(const result<http_response>& response) {
  if (!response)
    return response.error().code == errc::backend_unavailable;
  return response->status == 408 || response->status >= 500;
}

std::string as_text(nanoseconds x) {
  return std::to_string(ceil<milliseconds>(x).count()) + " ms";
}

} // namespace

result<http_gate::time_point>
lm_gate::admit(time_point now, time_point deadline, size_t cost, bool again) {
  if (limits_.breaker_failures > 0 && failures_ >= limits_.breaker_failures
      && (probing_ || now < closed_until_))
    return fail(
      errc::backend_unavailable,
      "not asked after " + std::to_string(failures_) + " failures in a row; "
        + (probing_ ? "another request tries whether it is back"
                    : "it is tried again in " + as_text(closed_until_ - now)));
  if (again)
    return now;
  auto when = now;
  if (limits_.requests_per_minute > 0)
    when = std::max(when, next_request_);
  if (limits_.tokens_per_minute > 0)
    when = std::max(when, next_token_);
  if (when >= deadline)
    return fail(errc::overloaded,
                "the limit of its rate (lm.requests_per_minute, "
                "lm.tokens_per_minute) leaves room in "
                  + as_text(when - now) + ", after the deadline");
  if (limits_.requests_per_minute > 0)
    next_request_ = when + time_of(1, limits_.requests_per_minute);
  if (limits_.tokens_per_minute > 0)
    next_token_
      = when + time_of(static_cast<int64_t>(cost), limits_.tokens_per_minute);
  return when;
}

bool lm_gate::has_room() const {
  return limits_.max_concurrency == 0 || running_ < limits_.max_concurrency;
}

void lm_gate::begun() {
  ++running_;
  if (limits_.breaker_failures > 0 && failures_ >= limits_.breaker_failures)
    probing_ = true;
}

void lm_gate::ended(time_point now, const result<http_response>* response) {
  --running_;
  probing_ = false;
  if (response == nullptr)
    return;
  if (!is_failure(*response)) {
    // A timeout says nothing: the deadline may have been close.
    if (*response)
      failures_ = 0;
    return;
  }
  ++failures_;
  if (limits_.breaker_failures > 0 && failures_ >= limits_.breaker_failures)
    closed_until_ = now + limits_.breaker_pause;
}

void lm_gate::add_tokens(int64_t count) {
  if (limits_.tokens_per_minute > 0)
    next_token_ += time_of(count, limits_.tokens_per_minute);
}

} // namespace dspex
