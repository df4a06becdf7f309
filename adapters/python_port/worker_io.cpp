#include "adapters/python_port/worker_io.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "core/secrets.hpp"

namespace dspex {

namespace {

constexpr size_t max_events = 64;

// An event is tagged with the number of a worker and with what of it can be
// read; the wake-up is worker 0.
constexpr uint64_t sources_per_worker = 4;

constexpr size_t chunk_bytes = 65'536;

// This much is read from one worker before the others have their turn.
constexpr int chunks_per_turn = 16;

// A worker that prints more loses lines.
constexpr size_t lines_per_second = 100;

std::vector<std::string> find_secrets(const python_port_options& options) {
  auto result = std::vector<std::string>{options.lm.api_key};
  for (auto& name : options.environment)
    if (auto value = std::getenv(name.c_str());
        value != nullptr && may_name_secret(name))
      result.emplace_back(value);
  std::erase_if(result, [](auto& x) { return x.empty(); });
  return result;
}

uint64_t tag_of(const python_worker& worker, worker_io::source what) {
  return worker.id * sources_per_worker + static_cast<uint64_t>(what);
}

bool is_reply(const json& x) {
  return x.is_object() && x.contains("id") && x["id"].is_number_integer()
         && x.contains("success") && x["success"].is_boolean()
         && (x["success"] == true
               ? x.contains("result")
               : x.contains("error") && x["error"].is_object());
}

error broken_protocol(const std::string& how) {
  return {errc::backend_failed, "broke the protocol with " + how};
}

} // namespace

std::string worker_request(uint64_t id, std::string_view command,
                           std::string_view args,
                           std::optional<int64_t> deadline_ms) {
  auto result = "{\"id\":" + std::to_string(id) + ",\"command\":\"";
  result.append(command).append("\"");
  if (deadline_ms)
    result += ",\"deadline_ms\":" + std::to_string(*deadline_ms);
  return result.append(",\"args\":").append(args).append("}");
}

worker_io::worker_io(const python_port_options& options, adapter_host& host)
  : options_(options),
    host_(host),
    secrets_(find_secrets(options)),
    epoll_(make_epoll()) {
  watch(wakeup_.get(), EPOLLIN, static_cast<uint64_t>(source::wakeup));
}

// -- waiting ------------------------------------------------------------------

const std::vector<worker_io::event>& worker_io::wait(int milliseconds) {
  auto found = std::array<epoll_event, max_events>{};
  auto n = epoll_wait(epoll_.get(), found.data(),
                      static_cast<int>(found.size()), milliseconds);
  events_.clear();
  for (int i = 0; i < n; ++i) {
    auto tag = found[static_cast<size_t>(i)].data.u64;
    events_.push_back({static_cast<source>(tag % sources_per_worker),
                       tag / sources_per_worker});
    if (events_.back().what == source::wakeup)
      wakeup_.clear();
  }
  return events_;
}

void worker_io::wake() {
  wakeup_.wake();
}

void worker_io::watch(python_worker& worker) {
  watch_socket(worker);
  watch(worker.child.output(), EPOLLIN, tag_of(worker, source::output));
  watch(worker.child.exit_fd(), EPOLLIN, tag_of(worker, source::exit));
}

void worker_io::watch(int fd, uint32_t events, uint64_t tag) {
  auto what = epoll_event{};
  what.events = events;
  what.data.u64 = tag;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &what) != 0
      && (errno != EEXIST
          || epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &what) != 0))
    throw std::system_error(errno, std::generic_category(),
                            "cannot watch a descriptor");
}

void worker_io::watch_socket(python_worker& worker) {
  watch(worker.child.socket(),
        worker.socket.waits_to_write ? EPOLLIN | EPOLLOUT : EPOLLIN,
        tag_of(worker, source::socket));
}

void worker_io::ignore(int fd) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

// -- the socket ---------------------------------------------------------------

void worker_io::flush(python_worker& worker) {
  auto& out = worker.socket.out;
  if (out.empty() || worker.socket.waits_to_write
      || worker.at == python_worker::state::dying)
    return;
  auto sent = size_t{0};
  while (sent < out.size()) {
    auto n = ::send(worker.child.socket(), out.data() + sent, out.size() - sent,
                    MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    // Any other error shows when the worker is read from, or ends.
    if (n < 0)
      break;
    sent += static_cast<size_t>(n);
  }
  if (sent == out.size()) {
    out.clear();
    return;
  }
  out.erase(0, sent);
  worker.socket.waits_to_write = true;
  watch_socket(worker);
}

result<bool> worker_io::read(python_worker& worker,
                             const reply_callback& on_reply) {
  if (std::exchange(worker.socket.waits_to_write, false))
    watch_socket(worker);
  auto buffer = std::array<char, chunk_bytes>{};
  for (int i = 0; i < chunks_per_turn; ++i) {
    auto n = ::recv(worker.child.socket(), buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return true;
    if (n <= 0) {
      ignore(worker.child.socket());
      return false;
    }
    if (worker.at == python_worker::state::dying)
      continue;
    auto bytes = std::string_view{buffer.data(), static_cast<size_t>(n)};
    worker.socket.frames.append(bytes);
    while (worker.at != python_worker::state::dying) {
      auto frame = worker.socket.frames.next();
      if (!frame)
        return fail(broken_protocol(frame.error().message));
      if (!*frame)
        break;
      worker.socket.last_reply = python_worker::clock::now();
      auto reply = parse_reply(**frame);
      if (!reply)
        return fail(std::move(reply.error()));
      on_reply(std::move(*reply));
    }
    if (bytes.size() < buffer.size())
      return true;
  }
  return true;
}

result<json> worker_io::parse_reply(std::string_view body) const {
  auto reply = parse_json(
    body, {.max_bytes = options_.max_frame_bytes, .replace_bad_text = true});
  if (!reply)
    return fail(
      broken_protocol("a reply that is no JSON: " + to_string(reply.error())));
  for (auto& x : secrets_)
    if (body.find(x) != std::string_view::npos)
      mask_secret(*reply, x);
  if (!is_reply(*reply))
    return fail(broken_protocol("what is no reply"));
  return std::move(*reply);
}

// -- what workers print -------------------------------------------------------

void worker_io::read_output(python_worker& worker) {
  auto buffer = std::array<char, chunk_bytes>{};
  for (int i = 0; i < chunks_per_turn; ++i) {
    auto n = ::read(worker.child.output(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return;
    if (n == 0)
      return ignore(worker.child.output());
    worker.output.lines.append(
      {buffer.data(), static_cast<size_t>(n)},
      [&](std::string_view line) { log_line(worker, line); });
  }
}

void worker_io::read_last_line(python_worker& worker) {
  if (!worker.output.lines.rest().empty())
    log_line(worker, worker.output.lines.rest());
}

void worker_io::log_line(python_worker& worker, std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos)
    return;
  auto& x = worker.output;
  x.last_line = masked(std::string{line});
  auto now = python_worker::clock::now();
  if (now - x.lines_since >= std::chrono::seconds{1}) {
    if (x.lines_dropped > 0)
      host_.log(severity::warn, "a Python worker prints too much",
                {{"worker", worker.name}, {"lines dropped", x.lines_dropped}});
    x.lines_since = now;
    x.lines_logged = 0;
    x.lines_dropped = 0;
  }
  if (x.lines_logged >= lines_per_second) {
    ++x.lines_dropped;
    return;
  }
  ++x.lines_logged;
  host_.log(severity::info, x.last_line, {{"worker", worker.name}});
}

std::string worker_io::masked(std::string text) const {
  for (auto& x : secrets_)
    text = mask_secret(std::move(text), x);
  return text;
}

} // namespace dspex
