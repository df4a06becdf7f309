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

// Of a prompt in tokens, as far as it can be told before it is sent.
constexpr size_t bytes_per_token = 4;

constexpr auto max_tokens = 10'000'000.0;

int64_t milliseconds_between(time_point from, time_point to) {
  return duration_cast<milliseconds>(to - from).count();
}

// Bounded: it comes from a server.
int64_t as_count(const json& tokens) {
  return static_cast<int64_t>(
    std::clamp(tokens.get<double>(), 0.0, max_tokens));
}

// The id of the second request; no execution has it, for its version is none.
uuid hedge_key(uuid key) {
  key.bytes[6] ^= 0xF0;
  return key;
}

// What a later request gets in place of an answer of the model.
json to_answer(const std::string& text, const json& usage) {
  auto answer = json::object({{"text", text}});
  for (auto name : {"model", "finish_reason", "completions", "tool_calls"})
    if (usage.contains(name))
      answer[name] = usage[name];
  return answer;
}

// Whoever wants the pieces needs a stream.
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

} // namespace

// One question until its answer, over all its attempts. Lives in the callbacks
// of the HTTP client, in that client's thread.
class lm_client::conversation
  : public std::enable_shared_from_this<conversation> {
public:
  conversation(lm_client& client, const lm_request& request, callback done)
    : options_(client.options_),
      http_(client.http_),
      file_thread_(client.file_thread_),
      gate_(client.gate_of(request.settings->base_url)),
      key_(request.key),
      settings_(settings_of(request)),
      begin_(steady_clock::now()),
      deadline_(request.deadline),
      body_(chat_request_body(*settings_, request.messages,
                              request.response_format)),
      on_text_(request.on_text),
      done_(std::move(done)) {
    if (options_->cache && settings_->cache)
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
    auto http = to_http();
    if (settings_->stream)
      http.on_data = [self = shared_from_this()](std::string_view bytes) {
        self->on_data(bytes);
      };
    else if (options_->hedge_after.count() > 0
             && begin_ + options_->hedge_after < deadline_)
      send_hedge(http);
    // Kept by the request.
    body_.clear();
    http_.send(key_, std::move(http),
               [self = shared_from_this()](result<http_response> response) {
                 return self->on_response(std::move(response));
               });
  }

private:
  [[nodiscard]] http_request to_http() const {
    auto http = http_request{};
    http.url = settings_->base_url + "/chat/completions";
    http.headers = {"Content-Type: application/json"};
    if (!settings_->api_key.empty())
      http.headers.push_back("Authorization: Bearer " + settings_->api_key);
    http.body = body_;
    http.deadline = deadline_;
    http.gate = gate_;
    http.cost = cost();
    return http;
  }

  [[nodiscard]] size_t cost() const {
    return body_size_ / bytes_per_token
           + static_cast<size_t>(settings_->max_tokens.value_or(0));
  }

  void send_hedge(http_request http) {
    is_hedged_ = true;
    http.not_before = begin_ + options_->hedge_after;
    http_.send(hedge_key(key_), std::move(http),
               [self = shared_from_this()](result<http_response> response) {
                 self->on_hedge(std::move(response));
                 return std::optional<time_point>{};
               });
  }

  // -- answers ----------------------------------------------------------------

  void on_data(std::string_view bytes) {
    stream_.read(bytes);
    if (!first_token_ && stream_.has_begun())
      first_token_ = steady_clock::now();
    if (on_text_)
      tell(maskable_length(untold(), settings_->api_key));
  }

  [[nodiscard]] std::string_view untold() const {
    return stream_.text().substr(told_);
  }

  void tell(size_t length) {
    if (length > 0)
      on_text_(mask_secret(std::string{untold().substr(0, length)},
                           settings_->api_key));
    told_ += length;
  }

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
    if (is_hedged_)
      http_.cancel(hedge_key(key_));
    finish(read(std::move(response)));
    return std::nullopt;
  }

  // A second request that fails changes nothing: the first one goes on.
  void on_hedge(result<http_response> response) {
    if (is_over_ || !response || response->status != 200)
      return;
    has_hedge_won_ = true;
    http_.cancel(key_);
    finish(read(std::move(response)));
  }

  [[nodiscard]] steady_clock::duration
  pause(const http_response& response) const {
    thread_local auto random = std::minstd_rand{std::random_device{}()};
    auto failures = static_cast<size_t>(retries_) + 1;
    return std::max<steady_clock::duration>(
      options_->retry.delay(failures, random), response.retry_after);
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
    if (!stream_.has_events())
      return read_chat_completion(
        response->body, options_->http.max_response_bytes, settings_->api_key);
    auto whole = stream_.finish();
    if (whole)
      return read_chat_completion(std::move(*whole), settings_->api_key);
    whole.error().message = mask_secret(whole.error().message,
                                        settings_->api_key);
    return fail(std::move(whole.error()));
  }

  void finish(result<chat_completion> answer) {
    is_over_ = true;
    if (on_text_)
      tell(untold().size());
    auto usage = json::object();
    usage["model"] = settings_->model;
    if (answer)
      for (auto& [name, value] : answer->usage.items())
        usage[name] = value;
    if (auto i = usage.find("total_tokens"); i != usage.end())
      gate_->add_tokens(as_count(*i) - static_cast<int64_t>(cost()));
    usage["retries"] = retries_;
    if (has_hedge_won_)
      usage["hedged"] = true;
    if (first_token_)
      usage["first_token_ms"] = milliseconds_between(begin_, *first_token_);
    usage["latency_ms"] = milliseconds_between(begin_, steady_clock::now());
    if (answer && !cache_key_.empty())
      keep(to_answer(answer->text, usage));
    auto text = std::move(answer).map(
      [](chat_completion&& x) { return std::move(x.text); });
    done_({std::move(text), std::move(usage)});
  }

  void keep(json answer) {
    auto& cache = options_->cache;
    cache->put(cache_key_, answer);
    if (file_thread_)
      file_thread_->post([cache, key = cache_key_, answer = std::move(answer)] {
        cache->put_in_file(key, answer);
      });
  }

  // -- member variables -------------------------------------------------------

  std::shared_ptr<const lm_client_options> options_;
  http_client& http_;
  const std::unique_ptr<task_thread>& file_thread_;
  std::shared_ptr<lm_gate> gate_;
  uuid key_;
  std::shared_ptr<const lm_options> settings_;
  time_point begin_;
  time_point deadline_;
  std::string body_;
  size_t body_size_ = body_.size();
  /// Empty: the answer is not kept.
  std::string cache_key_;
  std::function<void(std::string_view)> on_text_;
  callback done_;
  int32_t retries_ = 0;
  bool is_hedged_ = false;
  bool has_hedge_won_ = false;
  bool is_over_ = false;
  completion_stream stream_;
  /// Bytes of its text.
  size_t told_ = 0;
  std::optional<time_point> first_token_;
};

// -- lm_client ----------------------------------------------------------------

lm_client::lm_client(lm_client_options options)
  : options_(std::make_shared<const lm_client_options>(std::move(options))),
    file_thread_(options_->cache && options_->cache->has_file()
                   ? std::make_unique<task_thread>()
                   : nullptr),
    http_(options_->http) {
}

lm_client::~lm_client() {
  {
    auto guard = std::lock_guard{mutex_};
    searched_.clear();
  }
  // It sends requests, and answers to some are written by it.
  if (file_thread_)
    file_thread_->stop();
}

std::shared_ptr<lm_gate> lm_client::gate_of(const std::string& base_url) {
  auto guard = std::lock_guard{mutex_};
  auto& gate = gates_[base_url];
  if (!gate)
    gate = std::make_shared<lm_gate>(options_->limits);
  return gate;
}

void lm_client::send(const lm_request& request, callback done) {
  auto x = std::make_shared<conversation>(*this, request, std::move(done));
  if (x->cache_key().empty())
    return x->start();
  if (auto answer = options_->cache->find(x->cache_key()))
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
      // Cancelled, otherwise.
      if (searched_.erase(key) == 0)
        return;
    }
    auto answer = options_->cache->find_in_file(x->cache_key());
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
  http_.cancel(key);
  if (options_->hedge_after.count() > 0)
    http_.cancel(hedge_key(key));
}

} // namespace dspex
