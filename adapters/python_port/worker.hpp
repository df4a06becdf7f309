#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "adapters/python_port/child_process.hpp"
#include "adapters/python_port/frames.hpp"

namespace dspex {

/// One Python process of a `worker_pool`, as its loop sees it.
struct python_worker {
  using time_point = std::chrono::steady_clock::time_point;

  enum class state {
    /// Has not said hello yet.
    starting,
    ready,
    /// Takes nothing new; ends when what it has is done.
    retiring,
    /// Killed, and not gone yet.
    dying,
  };

  /// What we asked for ourselves, other than runs.
  enum class command { hello, examine, other };

  python_worker(uint64_t number, child_process process, size_t max_frame_bytes,
                time_point now)
    : id(number),
      name("python worker " + std::to_string(number)),
      child(std::move(process)),
      started(now),
      frames(max_frame_bytes),
      last_reply(now) {
  }

  uint64_t id;
  std::string name;
  child_process child;
  state at = state::starting;
  time_point started;
  time_point ready_since;
  bool has_been_ready = false;
  /// Whether it has answered a run, or been ready for long enough: it works.
  bool proved = false;
  /// Due for replacement, and goes on until there is one.
  bool recycling = false;
  /// Its end is what we want.
  bool told_to_end = false;

  // -- the socket -------------------------------------------------------------

  frame_splitter frames;
  /// Not written yet.
  std::string out;
  bool waits_to_write = false;
  /// By id of the request.
  std::unordered_map<uint64_t, command> commands;
  time_point last_reply;

  // -- runs -------------------------------------------------------------------

  /// Ids of requests that occupy a thread, given up ones among them.
  std::unordered_set<uint64_t> running;
  /// What it has made, by when it was used last (the number of a request).
  std::unordered_map<std::string, uint64_t> programs;
  size_t runs_answered = 0;

  // -- what it prints ---------------------------------------------------------

  line_splitter lines;
  std::string last_line;
  time_point lines_since;
  size_t lines_logged = 0;
  size_t lines_dropped = 0;

  /// Why we killed it, if we did.
  std::string why;
};

} // namespace dspex
