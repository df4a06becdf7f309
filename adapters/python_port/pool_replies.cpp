// What workers say: replies on their sockets, and lines on stdout and stderr,
// which are no part of the protocol.

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "adapters/python_port/worker_pool.hpp"
#include "core/secrets.hpp"

namespace dspex {

namespace {

constexpr size_t chunk_bytes = 65'536;

// Read from one worker before the others have their turn.
constexpr int chunks_per_turn = 16;

// A worker that prints more loses lines.
constexpr size_t lines_per_second = 100;

bool is_reply(const json& x) {
  return x.is_object() && x.contains("id") && x["id"].is_number_integer()
         && x.contains("success") && x["success"].is_boolean()
         && (x["success"] == true
               ? x.contains("result")
               : x.contains("error") && x["error"].is_object());
}

std::string text_of(const json& x, const char* key) {
  auto i = x.find(key);
  return i != x.end() && i->is_string() ? i->get<std::string>() : "";
}

// What a backend may say of a run; anything else is a failure of its own.
errc run_code(const std::string& name) {
  switch (auto code = errc_from_string(name); code) {
    case errc::backend_unavailable:
    case errc::cancelled:
    case errc::invalid_option:
    case errc::invalid_output:
    case errc::overloaded:
    case errc::timeout:
      return code;
    default:
      return errc::backend_failed;
  }
}

error read_error(const json& x) {
  auto result = error{run_code(text_of(x, "code")), text_of(x, "message"),
                      json::object()};
  if (auto i = x.find("details"); i != x.end() && i->is_object())
    result.details = *i;
  if (auto traceback = text_of(x, "traceback"); !traceback.empty())
    result.details["traceback"] = std::move(traceback);
  if (result.message.empty())
    result.message = "The Python program failed and did not say why";
  return result;
}

} // namespace

// -- the socket ---------------------------------------------------------------

void worker_pool::on_readable(python_worker& worker) {
  auto buffer = std::array<char, chunk_bytes>{};
  for (int i = 0; i < chunks_per_turn; ++i) {
    auto n = ::recv(worker.child.socket(), buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return;
    if (n <= 0) {
      ignore(worker.child.socket());
      return hang_up(worker);
    }
    if (worker.at == python_worker::state::dying)
      continue;
    auto bytes = std::string_view{buffer.data(), static_cast<size_t>(n)};
    worker.frames.append(bytes);
    while (worker.at != python_worker::state::dying) {
      auto frame = worker.frames.next();
      if (!frame)
        return kill(worker, "broke the protocol with " + frame.error().message);
      if (!*frame)
        break;
      on_reply(worker, **frame);
    }
    if (bytes.size() < buffer.size())
      return;
  }
}

void worker_pool::on_reply(python_worker& worker, std::string_view body) {
  worker.last_reply = clock::now();
  auto reply = parse_json(
    body, {.max_bytes = options_.max_frame_bytes, .replace_bad_text = true});
  if (!reply)
    return kill(worker, "broke the protocol with a reply that is no JSON: "
                          + to_string(reply.error()));
  for (auto& x : secrets_)
    if (body.find(x) != std::string_view::npos)
      mask_secret(*reply, x);
  if (!is_reply(*reply))
    return kill(worker, "broke the protocol with what is no reply");
  auto id = reply->at("id").get<uint64_t>();
  if (auto i = worker.commands.find(id); i != worker.commands.end()) {
    auto what = i->second;
    worker.commands.erase(i);
    return on_command_reply(worker, what, *reply);
  }
  if (worker.running.count(id) == 0)
    return kill(worker, "broke the protocol with a reply to request "
                          + std::to_string(id) + ", which it was not sent");
  on_run_reply(worker, id, std::move(*reply));
}

void worker_pool::on_command_reply(python_worker& worker,
                                   python_worker::command what,
                                   const json& reply) {
  if (what == python_worker::command::other)
    return;
  if (reply["success"] != true)
    return kill(worker, text_of(reply["error"], "message"));
  auto& result = reply["result"];
  if (what == python_worker::command::hello)
    return on_ready(worker, result);
  auto i = result.find("memory_bytes");
  if (options_.recycle_memory_bytes > 0 && i != result.end()
      && i->is_number_unsigned()
      && i->get<size_t>() > options_.recycle_memory_bytes)
    recycle(worker, "uses " + std::to_string(i->get<size_t>()) + " bytes");
}

void worker_pool::on_run_reply(python_worker& worker, uint64_t id, json reply) {
  auto& x = requests_.at(id);
  auto outcome = result<json>{};
  if (reply["success"] == true) {
    note_program(worker, x.request.program->id, id);
    outcome = std::move(reply["result"]);
  } else {
    outcome = fail(read_error(reply["error"]));
  }
  answer(id, std::move(outcome));
  ++worker.runs_answered;
  on_proved(worker);
  if (worker.at == python_worker::state::retiring)
    finish_retiring(worker);
  else if (options_.recycle_runs > 0
           && worker.runs_answered >= options_.recycle_runs)
    recycle(worker,
            "has answered " + std::to_string(worker.runs_answered) + " runs");
}

// -- what it prints -----------------------------------------------------------

void worker_pool::on_output(python_worker& worker) {
  auto buffer = std::array<char, chunk_bytes>{};
  for (int i = 0; i < chunks_per_turn; ++i) {
    auto n = ::read(worker.child.output(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return;
    if (n == 0)
      return ignore(worker.child.output());
    worker.lines.append({buffer.data(), static_cast<size_t>(n)},
                        [&](std::string_view line) { log_line(worker, line); });
  }
}

void worker_pool::log_line(python_worker& worker, std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos)
    return;
  worker.last_line = masked(std::string{line});
  auto now = clock::now();
  if (now - worker.lines_since >= std::chrono::seconds{1}) {
    if (worker.lines_dropped > 0)
      log(severity::warn, "a Python worker prints too much",
          {{"worker", worker.name}, {"lines dropped", worker.lines_dropped}});
    worker.lines_since = now;
    worker.lines_logged = 0;
    worker.lines_dropped = 0;
  }
  if (worker.lines_logged >= lines_per_second) {
    ++worker.lines_dropped;
    return;
  }
  ++worker.lines_logged;
  log(severity::info, worker.last_line, {{"worker", worker.name}});
}

std::string worker_pool::masked(std::string text) const {
  for (auto& x : secrets_)
    text = mask_secret(std::move(text), x);
  return text;
}

} // namespace dspex
