#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/python_port/options.hpp"
#include "adapters/python_port/worker.hpp"
#include "dspex/adapter.hpp"

namespace dspex {

/// One request in the protocol of workers.
/// @param args JSON text.
[[nodiscard]] std::string worker_request(uint64_t id, std::string_view command,
                                         std::string_view args,
                                         std::optional<int64_t> deadline_ms);

/// Talks with workers: waits for what they send, cuts it into replies and
/// lines, and writes what is to be sent to them. Hides secrets in all that
/// workers say.
///
/// Not thread safe, but for `wake`, and that workers may be written to while
/// one thread waits.
class worker_io {
public:
  enum class source { wakeup, socket, output, exit };

  /// Something that can be read.
  struct event {
    source what = source::wakeup;
    /// The number of the worker; 0 for the wake-up.
    uint64_t worker = 0;
  };

  /// Takes a well-formed reply of a worker.
  using reply_callback = std::function<void(json)>;

  /// @param options outlive the object.
  /// @throws std::system_error if there is no event loop to be had.
  worker_io(const python_port_options& options, adapter_host& host);

  // -- waiting ----------------------------------------------------------------

  /// Waits for events, which are valid until the next call.
  [[nodiscard]] const std::vector<event>& wait(int milliseconds);

  /// Makes `wait` return.
  void wake();

  /// Begins to watch a new worker.
  void watch(python_worker& worker);

  // -- talking ----------------------------------------------------------------

  /// Writes what there is to be sent, as far as the socket takes it.
  void flush(python_worker& worker);

  /// Reads replies, for a turn at most, until the worker is dying.
  /// @returns whether the socket is still open; an error for a worker that
  ///          breaks the protocol.
  result<bool> read(python_worker& worker, const reply_callback& on_reply);

  /// Logs what the worker prints.
  void read_output(python_worker& worker);

  /// Logs a line that has no end yet.
  void read_last_line(python_worker& worker);

  /// Hides secrets.
  [[nodiscard]] std::string masked(std::string text) const;

private:
  void watch(int fd, uint32_t events, uint64_t key);
  void watch_socket(python_worker& worker);
  void ignore(int fd);
  [[nodiscard]] result<json> parse_reply(std::string_view body) const;
  void log_line(python_worker& worker, std::string_view line);

  const python_port_options& options_;
  adapter_host& host_;
  std::vector<std::string> secrets_;
  unique_fd epoll_;
  wakeup wakeup_;
  std::vector<event> events_;
};

} // namespace dspex
