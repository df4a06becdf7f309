#include "adapters/native/lm/client.hpp"

#include <algorithm>
#include <optional>
#include <random>

#include "adapters/native/lm/completion_stream.hpp"
#include "adapters/native/lm/wire.hpp"
#include "core/secrets.hpp"

namespace dspex {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using time_point = steady_clock::time_point;

// Estimates how many tokens a prompt has before it is sent.
constexpr size_t bytes_per_token = 4;

// A question that is hedged sends its request twice, under two keys.
constexpr uint8_t first_copy = 0;
constexpr uint8_t second_copy = 1;

constexpr auto max_tokens = 10'000'000.0;

int64_t milliseconds_between(time_point from, time_point to) {
  return duration_cast<milliseconds>(to - from).count();
}

// The count is bounded, since it comes from a server.
int64_t as_count(const json& tokens) {
  return static_cast<int64_t>(
    std::clamp(tokens.get<double>(), 0.0, max_tokens));
}

// What a later request gets in place of an answer of the model.
json to_answer(const std::string& text, const json& usage) {
  auto answer = json::object({{"text", text}});
  for (auto name : {"model", "finish_reason", "completions", "tool_calls"})
    if (usage.contains(name))
      answer[name] = usage[name];
  return answer;
}

// A caller that wants the text piece by piece needs a stream.
std::shared_ptr<const lm_options> settings_of(const lm_request& request) {
  if (!request.on_text || request.settings->stream)
    return request.settings;
  auto result = *request.settings;
  result.stream = true;
  return std::make_shared<const lm_options>(std::move(result));
}

lm_reply to_reply(json answer, time_point begin) {
  auto text = answer["text"].get<std::string>();
  auto usage = std::move(answer);
  usage.erase("text");
  usage["cache_hit"] = true;
  usage["retries"] = 0;
  usage["latency_ms"] = milliseconds_between(begin, steady_clock::now());
  return {std::move(text), std::move(usage)};
}

// Puts together an answer that is streamed, and passes its text on piece by
// piece to a caller that wants it.
class told_stream {
public:
  // @param secret is masked in what is passed on.
  told_stream(std::function<void(std::string_view)> on_text,
              std::string_view secret)
    : on_text_(std::move(on_text)), secret_(secret) {
  }

  [[nodiscard]] const completion_stream& answer() const noexcept {
    return answer_;
  }

  [[nodiscard]] const std::optional<time_point>& first_token() const noexcept {
    return first_token_;
  }

  void read(std::string_view bytes) {
    answer_.read(bytes);
    if (!first_token_ && answer_.has_begun())
      first_token_ = steady_clock::now();
    if (on_text_)
      tell(maskable_length(untold(), secret_));
  }

  // Passes on what was held back since it might have begun the secret.
  void tell_rest() {
    if (on_text_)
      tell(untold().size());
  }

private:
  [[nodiscard]] std::string_view untold() const {
    return answer_.text().substr(told_);
  }

  void tell(size_t length) {
    if (length > 0)
      on_text_(mask_secret(std::string{untold().substr(0, length)}, secret_));
    told_ += length;
  }

  std::function<void(std::string_view)> on_text_;
  std::string_view secret_;
  completion_stream answer_;
  // How many bytes of the text have been passed on.
  size_t told_ = 0;
  std::optional<time_point> first_token_;
};

} // namespace

// One question until its answer, over all its attempts. It lives in the
// callbacks of the HTTP client, in that client's thread.
class lm_client::question : public std::enable_shared_from_this<question> {
public:
  question(lm_client& client, const lm_request& request, callback done)
    : client_(client),
      gate_(client.gate_of(request.settings->base_url)),
      key_(request.key),
      settings_(settings_of(request)),
      begin_(steady_clock::now()),
      deadline_(request.deadline),
      request_(
        chat_request(*settings_, request.messages, request.response_format)),
      cost_(request_.body.size() / bytes_per_token
            + static_cast<size_t>(settings_->max_tokens.value_or(0))),
      stream_(request.on_text, settings_->api_key),
      done_(std::move(done)) {
    request_.deadline = deadline_;
    request_.gate = gate_;
    request_.cost = cost_;
    if (client_.options_.cache && settings_->cache)
      cache_key_ = lm_cache_key(*settings_, request.messages,
                                request.response_format);
  }

  [[nodiscard]] const std::string& cache_key() const {
    return cache_key_;
  }

  void answer_from_cache(json answer) {
    done_(to_reply(std::move(answer), begin_));
  }

  void start() {
    if (settings_->stream)
      request_.on_data = [self = shared_from_this()](std::string_view bytes) {
        self->stream_.read(bytes);
      };
    if (is_hedged())
      send_second_copy();
    client_.http_.send(
      {key_, first_copy}, std::move(request_),
      [self = shared_from_this()](result<http_response> response) {
        return self->on_response(std::move(response));
      });
  }

private:
  // Whether the request is sent a second time if there is no answer in time.
  [[nodiscard]] bool is_hedged() const {
    auto after = client_.options_.hedge_after;
    return !settings_->stream && after.count() > 0
           && begin_ + after < deadline_;
  }

  void send_second_copy() {
    auto copy = request_;
    copy.not_before = begin_ + client_.options_.hedge_after;
    client_.http_.send(
      {key_, second_copy}, std::move(copy),
      [self = shared_from_this()](result<http_response> response) {
        self->on_second_response(std::move(response));
        return std::optional<time_point>{};
      });
  }

  // -- answers ----------------------------------------------------------------

  std::optional<time_point> on_response(result<http_response> response) {
    if (is_over_)
      return std::nullopt;
    if (response && is_transient_status(response->status)
        && retries_ < settings_->max_retries) {
      auto again = steady_clock::now() + pause(*response);
      if (again < deadline_) {
        ++retries_;
        return again;
      }
    }
    if (is_hedged())
      client_.http_.cancel({key_, second_copy});
    finish(read(std::move(response)));
    return std::nullopt;
  }

  // A second copy that fails changes nothing: the first one goes on.
  void on_second_response(result<http_response> response) {
    if (is_over_ || !response || response->status != 200)
      return;
    has_hedge_won_ = true;
    client_.http_.cancel({key_, first_copy});
    finish(read(std::move(response)));
  }

  [[nodiscard]] steady_clock::duration
  pause(const http_response& response) const {
    thread_local auto random = std::minstd_rand{std::random_device{}()};
    auto failures = static_cast<size_t>(retries_) + 1;
    return std::max<steady_clock::duration>(
      client_.options_.retry.delay(failures, random), response.retry_after);
  }

  [[nodiscard]] result<chat_completion>
  read(result<http_response> response) const {
    if (!response) {
      auto err = std::move(response.error());
      err.message = "The model server at " + settings_->base_url + ": "
                    + err.message;
      return fail(std::move(err));
    }
    if (response->status != 200)
      return fail(status_error(*response, *settings_));
    if (!stream_.answer().has_events())
      return read_chat_completion(response->body,
                                  client_.options_.http.max_response_bytes,
                                  settings_->api_key);
    auto whole = stream_.answer().finish();
    if (whole)
      return read_chat_completion(std::move(*whole), settings_->api_key);
    whole.error().message = mask_secret(whole.error().message,
                                        settings_->api_key);
    return fail(std::move(whole.error()));
  }

  void finish(result<chat_completion> answer) {
    is_over_ = true;
    stream_.tell_rest();
    auto usage = json::object();
    usage["model"] = settings_->model;
    if (answer)
      for (auto& [name, value] : answer->usage.items())
        usage[name] = value;
    if (auto i = usage.find("total_tokens"); i != usage.end())
      gate_->add_tokens(as_count(*i) - static_cast<int64_t>(cost_));
    usage["retries"] = retries_;
    if (has_hedge_won_)
      usage["hedged"] = true;
    if (auto first = stream_.first_token())
      usage["first_token_ms"] = milliseconds_between(begin_, *first);
    usage["latency_ms"] = milliseconds_between(begin_, steady_clock::now());
    if (answer && !cache_key_.empty())
      keep(to_answer(answer->text, usage));
    auto text = std::move(answer).map(
      [](chat_completion&& x) { return std::move(x.text); });
    done_({std::move(text), std::move(usage)});
  }

  void keep(json answer) {
    auto& cache = client_.options_.cache;
    cache->put(cache_key_, answer);
    if (client_.file_thread_)
      client_.file_thread_->post(
        [cache, key = cache_key_, answer = std::move(answer)] {
          cache->put_in_file(key, answer);
        });
  }

  // -- member variables -------------------------------------------------------

  lm_client& client_;
  std::shared_ptr<lm_gate> gate_;
  uuid key_;
  std::shared_ptr<const lm_options> settings_;
  time_point begin_;
  time_point deadline_;
  /// Moved to the HTTP client by `start`.
  http_request request_;
  size_t cost_;
  /// The answer is not kept if this is empty.
  std::string cache_key_;
  told_stream stream_;
  callback done_;
  int32_t retries_ = 0;
  bool has_hedge_won_ = false;
  bool is_over_ = false;
};

// -- lm_client ----------------------------------------------------------------

lm_client::lm_client(lm_client_options options)
  : options_(std::move(options)),
    file_thread_(options_.cache && options_.cache->has_file()
                   ? std::make_unique<task_thread>()
                   : nullptr),
    http_(options_.http) {
}

lm_client::~lm_client() {
  {
    auto guard = std::lock_guard{mutex_};
    searched_.clear();
  }
  // The thread uses the HTTP client, and so it has to end first.
  if (file_thread_)
    file_thread_->stop();
}

std::shared_ptr<lm_gate> lm_client::gate_of(const std::string& base_url) {
  auto guard = std::lock_guard{mutex_};
  auto& gate = gates_[base_url];
  if (!gate)
    gate = std::make_shared<lm_gate>(options_.limits);
  return gate;
}

void lm_client::send(const lm_request& request, callback done) {
  auto x = std::make_shared<question>(*this, request, std::move(done));
  if (x->cache_key().empty())
    return x->start();
  if (auto answer = options_.cache->find(x->cache_key()))
    return x->answer_from_cache(std::move(*answer));
  if (!file_thread_)
    return x->start();
  {
    auto guard = std::lock_guard{mutex_};
    searched_.insert(request.key);
  }
  file_thread_->post([this, x, key = request.key] {
    {
      auto guard = std::lock_guard{mutex_};
      // A request that is not there any more was cancelled.
      if (searched_.erase(key) == 0)
        return;
    }
    auto answer = options_.cache->find_in_file(x->cache_key());
    if (answer)
      x->answer_from_cache(std::move(*answer));
    else
      x->start();
  });
}

void lm_client::cancel(uuid key) {
  {
    auto guard = std::lock_guard{mutex_};
    searched_.erase(key);
  }
  http_.cancel({key, first_copy});
  if (options_.hedge_after.count() > 0)
    http_.cancel({key, second_copy});
}

} // namespace dspex
