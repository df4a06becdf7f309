#include "simulator/lm_sim.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <restinio/all.hpp>

#include "simulator/bodies.hpp"
#include "simulator/complete.hpp"
#include "simulator/connections.hpp"
#include "simulator/protocol.hpp"
#include "simulator/script.hpp"
#include "simulator/transcript.hpp"

namespace dspex {

namespace {

using namespace std::chrono_literals;

/// RESTinio drops the connection of a larger body without an answer; between
/// `max_sim_body` and this there is a 413.
constexpr uint64_t hard_body_limit = 32'000'000;

/// Prompts with `fail_first` that are counted at one time.
constexpr size_t max_counted_prompts = 100'000;

struct counters {
  std::atomic<uint64_t> requests{0};
  std::atomic<uint64_t> answered{0};
  std::atomic<uint64_t> refused{0};
  std::atomic<uint64_t> broken{0};
  std::atomic<uint64_t> waiting{0};
  std::atomic<uint64_t> peak_waiting{0};
  std::atomic<uint64_t> prompt_tokens{0};
  std::atomic<uint64_t> completion_tokens{0};
};

struct server_traits : restinio::default_traits_t {
  using connection_state_listener_t = connection_gate;
  using ip_blocker_t = connection_gate;
};

} // namespace

/// Owns the server, its io_context and its threads.
///
/// Handlers hold a pointer to the server: they run only on its threads, and
/// what never ran is destroyed with the io_context, which goes before the rest.
class lm_sim::impl {
public:
  explicit impl(lm_sim_options options)
    : options_(std::move(options)),
      gate_(std::make_shared<connection_gate>(options_.max_connections)) {
  }

  ~impl() {
    stop();
  }

  result<void> start() {
    auto script = load_sim_script(options_.script_file);
    if (!script)
      return fail(std::move(script.error()));
    script_ = std::move(*script);
    if (!options_.transcript_file.empty())
      if (auto ok = transcript_.open(options_.transcript_file); !ok)
        return ok;
    io_
      = std::make_unique<asio::io_context>(static_cast<int>(options_.threads));
    try {
      server_ = std::make_unique<restinio::http_server_t<server_traits>>(
        restinio::external_io_context(*io_),
        [this](auto& settings) { configure(settings); });
      server_->open_sync();
    } catch (const std::exception& failure) {
      return fail(errc::invalid_option, "Cannot listen on " + options_.host
                                          + ":" + std::to_string(options_.port)
                                          + ": " + failure.what());
    }
    for (size_t i = 0; i < options_.threads; ++i)
      threads_.emplace_back([this] { io_->run(); });
    return {};
  }

  void stop() {
    std::lock_guard guard{stop_mutex_};
    if (!io_)
      return;
    io_->stop();
    for (auto& thread : threads_)
      thread.join();
    // Closes the port; the connections go with the io_context.
    server_.reset();
    io_.reset();
  }

  const lm_sim_options& options() const noexcept {
    return options_;
  }

  uint16_t port() const noexcept {
    return port_;
  }

  const counters& count() const noexcept {
    return count_;
  }

private:
  template <class Settings>
  void configure(Settings& settings) {
    settings.port(options_.port)
      .address(options_.host)
      .protocol(asio::ip::make_address(options_.host).is_v6()
                  ? asio::ip::tcp::v6()
                  : asio::ip::tcp::v4())
      .acceptor_post_bind_hook([this](asio::ip::tcp::acceptor& acceptor) {
        port_ = acceptor.local_endpoint().port();
      })
      .request_handler(
        [this](request_handle request) { return handle(std::move(request)); })
      .connection_state_listener(gate_)
      .ip_blocker(gate_)
      .incoming_http_msg_limits(restinio::incoming_http_msg_limits_t{}
                                  .max_url_size(8'192)
                                  .max_field_name_size(1'024)
                                  .max_field_value_size(65'536)
                                  .max_field_count(128)
                                  .max_body_size(hard_body_limit))
      .socket_options_setter([](auto& socket_options) {
        socket_options.set_option(asio::ip::tcp::no_delay{true});
      })
      // RESTinio goes on reading while a request waits, and so it learns that
      // the client has left.
      .max_pipelined_requests(2)
      .read_next_http_message_timelimit(5min)
      .write_http_response_timelimit(1min)
      .handle_request_timeout(24h);
  }

  // -- answering --------------------------------------------------------------

  void send(plain_response response, std::string body) {
    response.append_header(restinio::http_field::content_type,
                           "application/json");
    response.set_body(std::move(body));
    response.done();
  }

  restinio::request_handling_status_t
  send_error(const request_handle& request, uint16_t status,
             std::string_view code, std::string_view message) {
    send(request->create_response(status_line(status)),
         print_sim_error(status, code, message));
    return restinio::request_accepted();
  }

  restinio::request_handling_status_t handle(request_handle request) {
    auto path = request->header().path();
    auto method = request->header().method();
    auto get = method == restinio::http_method_get();
    auto post = method == restinio::http_method_post();
    if (path == "/v1/chat/completions") {
      if (!post)
        return refuse_method(request, "POST");
      complete(request);
      return restinio::request_accepted();
    }
    if (path != "/v1/models" && path != "/healthz")
      return send_error(request, 404, "not_found",
                        "There is nothing at this path");
    if (!get)
      return refuse_method(request, "GET");
    send(request->create_response(status_line(200)),
         path == "/healthz" ? R"({"status":"ok","simulation":true})"
                            : print_sim_models());
    return restinio::request_accepted();
  }

  restinio::request_handling_status_t
  refuse_method(const request_handle& request, const char* allowed) {
    auto response = request->create_response(status_line(405));
    response.append_header("Allow", allowed);
    send(std::move(response), print_sim_error(405, "method_not_allowed",
                                              std::string{"Use "} + allowed));
    return restinio::request_accepted();
  }

  void complete(const request_handle& request) {
    ++count_.requests;
    if (request->body().size() > max_sim_body) {
      refuse(request, 413, "body_too_large",
             "The body is larger than " + std::to_string(max_sim_body)
               + " bytes");
      return;
    }
    auto parsed = read_sim_request(request->body());
    if (!parsed) {
      refuse(request, 400, "invalid_request", parsed.error().message);
      return;
    }
    auto fault = fault_of(request, *parsed);
    if (!fault) {
      refuse(request, 400, "invalid_fault", fault.error().message);
      return;
    }
    answer(request, *parsed, *fault);
  }

  void refuse(const request_handle& request, uint16_t status,
              std::string_view code, std::string_view message) {
    ++count_.refused;
    send_error(request, status, code, message);
  }

  result<sim_fault> fault_of(const request_handle& request,
                             const sim_request& parsed) const {
    if (!options_.markers)
      return options_.fault;
    auto fault = find_sim_fault(parsed.last_user_message());
    if (!fault || fault->any())
      return fault;
    if (auto items = request->header().opt_value_of("X-Dspex-Sim"))
      return read_sim_fault({items->data(), items->size()});
    return options_.fault;
  }

  void answer(const request_handle& request, const sim_request& parsed,
              const sim_fault& fault) {
    auto hash = parsed.hash(options_.seed);
    auto delay = fault.latency ? *fault.latency : usual_latency(hash);
    if (auto status = status_of(hash, fault)) {
      ++count_.refused;
      note(request, parsed, *status, nullptr);
      auto response = request->create_response(status_line(*status));
      if (fault.retry_after)
        response.append_header("Retry-After",
                               std::to_string(*fault.retry_after));
      auto body = print_sim_error(*status, "simulated_error",
                                  "An error that the simulation was told to "
                                  "make");
      after(delay, [this, response = std::move(response),
                    body = std::move(body)]() mutable {
        send(std::move(response), std::move(body));
      });
    } else if (fault.hang) {
      // The connection stays open as long as its pending read.
      ++count_.broken;
    } else if (fault.garbage) {
      ++count_.broken;
      after(delay, [this, response = request->create_response(
                            status_line(200))]() mutable {
        send(std::move(response), "{\"choices\": [<<< this is not JSON");
      });
    } else if (fault.huge) {
      ++count_.broken;
      auto response = request->create_response<restinio::chunked_output_t>(
        status_line(200));
      response.append_header(restinio::http_field::content_type,
                             "application/json");
      auto reply = std::make_shared<huge_reply>(*io_, std::move(response),
                                                *fault.huge);
      after(delay, [reply] { reply->begin(); });
    } else {
      reply(request, parsed, fault, hash, delay);
    }
  }

  void reply(const request_handle& request, const sim_request& parsed,
             const sim_fault& fault, sim_hash hash,
             std::chrono::nanoseconds delay) {
    auto text = fault.text;
    if (auto i = script_.empty() ? script_.end()
                                 : script_.find(sim_prompt_hash(parsed));
        !text && i != script_.end())
      text = i->second;
    auto answers = complete_sim_request(parsed, hash, text);
    note(request, parsed, 200, &answers.front());
    if (parsed.stream && !fault.close_halfway) {
      send_stream(request, parsed, answers, hash, delay);
      return;
    }
    auto [body, cost] = print_sim_reply(parsed, answers, hash);
    if (options_.tokens_per_second > 0)
      delay += std::chrono::nanoseconds{
        static_cast<int64_t>(static_cast<double>(cost.completion_tokens)
                             / options_.tokens_per_second * 1e9)};
    if (fault.close_halfway) {
      ++count_.broken;
      auto response
        = request->create_response<restinio::user_controlled_output_t>(
          status_line(200));
      response.append_header(restinio::http_field::content_type,
                             "application/json");
      response.set_content_length(body.size());
      response.connection_close();
      response.set_body(body.substr(0, body.size() / 2));
      after(delay,
            [response = std::move(response)]() mutable { response.done(); });
      return;
    }
    count_answer(cost);
    after(delay, [this, response = request->create_response(status_line(200)),
                  text = std::move(body)]() mutable {
      send(std::move(response), std::move(text));
    });
  }

  void send_stream(const request_handle& request, const sim_request& parsed,
                   const std::vector<sim_answer>& answers, sim_hash hash,
                   std::chrono::nanoseconds delay) {
    count_answer(cost_of(parsed, answers));
    auto response
      = request->create_response<restinio::chunked_output_t>(status_line(200));
    response.append_header(restinio::http_field::content_type,
                           "text/event-stream");
    auto reply = std::make_shared<event_reply>(
      *io_, std::move(response), print_sim_stream(parsed, answers, hash),
      options_.tokens_per_second);
    after(delay, [reply] { reply->begin(); });
  }

  void count_answer(sim_cost cost) {
    ++count_.answered;
    count_.prompt_tokens += cost.prompt_tokens;
    count_.completion_tokens += cost.completion_tokens;
  }

  void note(const request_handle& request, const sim_request& parsed,
            uint16_t status, const sim_answer* answer) {
    if (transcript_.is_open())
      transcript_.add(
        print_sim_transcript(parsed, request->body(), status, answer));
  }

  /// The error status of this request, if it is to fail.
  std::optional<uint16_t> status_of(sim_hash hash, const sim_fault& fault) {
    if (fault.status)
      return fault.status;
    if (fault.fail_first)
      return fails_still(hash, *fault.fail_first) ? std::optional<uint16_t>{503}
                                                  : std::nullopt;
    if (fault.any() || hash.with("error").unit() >= options_.error_rate)
      return std::nullopt;
    return hash.with("status").below(4) == 0 ? uint16_t{429} : uint16_t{500};
  }

  bool fails_still(sim_hash hash, uint32_t times) {
    std::lock_guard guard{failures_mutex_};
    if (failures_.size() >= max_counted_prompts)
      failures_.clear();
    return ++failures_[hash.value()] <= times;
  }

  std::chrono::nanoseconds usual_latency(sim_hash hash) const {
    auto jitter = std::chrono::nanoseconds{options_.latency_jitter};
    return options_.latency
           + std::chrono::nanoseconds{static_cast<int64_t>(
             static_cast<double>(jitter.count()) * hash.with("jitter").unit())};
  }

  /// Calls `f` on one of the threads after a delay, at once if there is none.
  template <class F>
  void after(std::chrono::nanoseconds delay, F f) {
    if (delay <= 0ns) {
      f();
      return;
    }
    auto now = ++count_.waiting;
    auto peak = count_.peak_waiting.load();
    while (peak < now && !count_.peak_waiting.compare_exchange_weak(peak, now))
      continue;
    auto timer = std::make_shared<asio::steady_timer>(*io_, delay);
    timer->async_wait([this, timer, f = std::move(f)](const auto&) mutable {
      --count_.waiting;
      f();
    });
  }

  const lm_sim_options options_;
  counters count_;
  sim_script script_;
  sim_transcript transcript_;
  std::shared_ptr<connection_gate> gate_;
  uint16_t port_ = 0;
  std::mutex failures_mutex_;
  std::unordered_map<uint64_t, uint32_t> failures_;
  std::mutex stop_mutex_;
  std::unique_ptr<asio::io_context> io_;
  std::unique_ptr<restinio::http_server_t<server_traits>> server_;
  std::vector<std::thread> threads_;
};

result<std::unique_ptr<lm_sim>> lm_sim::start(lm_sim_options options) {
  auto good = check_lm_sim_options(std::move(options));
  if (!good)
    return fail(std::move(good.error()));
  auto ptr = std::make_unique<impl>(std::move(*good));
  if (auto started = ptr->start(); !started)
    return fail(std::move(started.error()));
  return std::unique_ptr<lm_sim>{new lm_sim{std::move(ptr)}};
}

lm_sim::lm_sim(std::unique_ptr<impl> ptr) : impl_(std::move(ptr)) {
}

lm_sim::~lm_sim() = default;

uint16_t lm_sim::port() const noexcept {
  return impl_->port();
}

std::string lm_sim::base_url() const {
  auto& host = impl_->options().host;
  auto v6 = host.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + host + "]" : host) + ":"
         + std::to_string(port()) + "/v1";
}

lm_sim_stats lm_sim::stats() const noexcept {
  auto& count = impl_->count();
  return {count.requests,      count.answered,         count.refused,
          count.broken,        count.waiting,          count.peak_waiting,
          count.prompt_tokens, count.completion_tokens};
}

void lm_sim::stop() {
  impl_->stop();
}

} // namespace dspex
