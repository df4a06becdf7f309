#include "load/lm_sim.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <restinio/all.hpp>

#include "load/sim_answer.hpp"
#include "load/sim_protocol.hpp"

namespace dspex {

namespace {

using namespace std::chrono_literals;

/// RESTinio drops the connection of a larger body without an answer; between
/// `max_sim_body` and this there is a 413.
constexpr uint64_t hard_body_limit = 32'000'000;

/// Prompts with `fail_first` that are counted at one time.
constexpr size_t max_counted_prompts = 100'000;

constexpr size_t chunk_size = 64 * 1024;

struct counters {
  std::atomic<uint64_t> requests{0};
  std::atomic<uint64_t> answered{0};
  std::atomic<uint64_t> refused{0};
  std::atomic<uint64_t> broken{0};
  std::atomic<uint64_t> waiting{0};
  std::atomic<uint64_t> peak_waiting{0};
};

/// The open connections. RESTinio asks it before each and tells it of their
/// end, of some twice; it outlives them, as RESTinio's own limiter does not
/// when the io_context goes first.
class connection_gate {
public:
  explicit connection_gate(size_t limit) : limit_(limit) {
  }

  restinio::ip_blocker::inspection_result_t
  inspect(const restinio::ip_blocker::incoming_info_t&) noexcept {
    std::lock_guard guard{mutex_};
    return open_.size() < limit_ ? restinio::ip_blocker::allow()
                                 : restinio::ip_blocker::deny();
  }

  void
  state_changed(const restinio::connection_state::notice_t& notice) noexcept {
    using namespace restinio::connection_state;
    std::lock_guard guard{mutex_};
    if (restinio::holds_alternative<accepted_t>(notice.cause()))
      open_.insert(notice.connection_id());
    else if (restinio::holds_alternative<closed_t>(notice.cause()))
      open_.erase(notice.connection_id());
  }

private:
  const size_t limit_;
  std::mutex mutex_;
  std::unordered_set<restinio::connection_id_t> open_;
};

struct server_traits : restinio::default_traits_t {
  using connection_state_listener_t = connection_gate;
  using ip_blocker_t = connection_gate;
};

using request_handle = restinio::request_handle_t;
using plain_response
  = restinio::response_builder_t<restinio::restinio_controlled_output_t>;
using sized_response
  = restinio::response_builder_t<restinio::user_controlled_output_t>;
using chunked_response
  = restinio::response_builder_t<restinio::chunked_output_t>;

restinio::http_status_line_t status_line(uint16_t status) {
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

} // namespace

/// Owns the server, its io_context and its threads.
///
/// Handlers hold a pointer to it: they run only on its threads, and what never
/// ran is destroyed with the io_context, which goes before the rest.
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
      // It goes on reading while a request waits, which is how it learns that
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
    std::vector<std::string> answers;
    for (size_t i = 0; i < parsed.n; ++i)
      answers.push_back(fault.text
                          ? *fault.text
                          : answer_sim_chat(parsed.messages, hash.with(i)));
    auto [body, tokens] = print_sim_reply(parsed, answers, hash);
    if (options_.tokens_per_second > 0)
      delay += std::chrono::nanoseconds{static_cast<int64_t>(
        static_cast<double>(tokens) / options_.tokens_per_second * 1e9)};
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
    ++count_.answered;
    after(delay, [this, response = request->create_response(status_line(200)),
                  text = std::move(body)]() mutable {
      send(std::move(response), std::move(text));
    });
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
  return {count.requests, count.answered, count.refused,
          count.broken,   count.waiting,  count.peak_waiting};
}

void lm_sim::stop() {
  impl_->stop();
}

} // namespace dspex
