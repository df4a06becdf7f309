#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "adapters/python_port/child_process.hpp"
#include "adapters/python_port/frames.hpp"

namespace dspex {

/// One Python process of a `worker_pool`, as the pool sees it.
struct python_worker {
  using clock = std::chrono::steady_clock;
  using time_point = clock::time_point;

  enum class state {
    /// The process has not said hello yet.
    starting,
    ready,
    /// The process takes nothing new, and ends when what it has is done.
    retiring,
    /// The process was killed or has hung up, and is not gone yet.
    dying,
  };

  /// The commands that the pool itself sends, beside runs.
  enum class command { hello, examine, other };

  /// The socket to the process.
  struct channel {
    explicit channel(size_t max_frame_bytes) : frames(max_frame_bytes) {
    }

    frame_splitter frames;
    /// These bytes are not written yet.
    std::string out;
    bool waits_to_write = false;
    /// Commands without reply, by the id of the request.
    std::unordered_map<uint64_t, command> commands;
    time_point last_reply = clock::now();
  };

  /// The runs and programs that the process has.
  struct work {
    /// Ids of requests that occupy a thread, given up ones among them.
    std::unordered_set<uint64_t> running;
    /// The programs that the process has made, and when each was used last (the
    /// number of a request).
    std::unordered_map<std::string, uint64_t> programs;
    size_t runs_answered = 0;
  };

  /// The lines that the process prints.
  struct printed {
    line_splitter lines;
    std::string last_line;
    /// The second in which lines are counted begins here.
    time_point lines_since;
    size_t lines_logged = 0;
    size_t lines_dropped = 0;
  };

  python_worker(uint64_t number, child_process process, size_t max_frame_bytes)
    : id(number),
      name("python worker " + std::to_string(number)),
      child(std::move(process)),
      socket(max_frame_bytes) {
  }

  uint64_t id;
  std::string name;
  child_process child;
  state at = state::starting;
  time_point started = clock::now();
  /// Nothing before the process has said hello.
  std::optional<time_point> ready_since;
  /// Whether the process has answered a run, or been ready for long enough: it
  /// works.
  bool proved = false;
  /// The process is due for replacement, and goes on until there is another.
  bool recycling = false;
  /// The pool wants the process to end.
  bool told_to_end = false;
  /// Why the pool killed the process, if it did.
  std::string why;
  channel socket;
  work tasks;
  printed output;
};

/// A timer says what shall happen at some time.
struct pool_timer {
  enum class kind {
    request_deadline,
    request_grace,
    worker_start,
    worker_grace,
    next_start,
    examination,
  };
  kind what;
  /// The request or worker that the timer is about; 0 for the others.
  uint64_t id;
};

using pool_timers
  = std::multimap<std::chrono::steady_clock::time_point, pool_timer>;

} // namespace dspex
