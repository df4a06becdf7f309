#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/python_port/python_port_adapter.hpp"
#include "tests/conformance/adapter_support.hpp"

namespace dspex::test {

inline std::filesystem::path source_folder() {
  return std::getenv("DSPEX_SOURCE_DIR");
}

/// The interpreter of the virtual environment, which has DSPy; or empty.
inline std::string python_with_dspy() {
  auto path = source_folder() / "build/python/bin/python";
  return std::filesystem::exists(path) ? path.string() : "";
}

/// Whether tests that need DSPy cannot run; fails the test when it must.
inline bool lacks_dspy() {
  if (!python_with_dspy().empty())
    return false;
  if (std::getenv("DSPEX_REQUIRE_DSPY") != nullptr)
    ADD_FAILURE() << "there is no DSPy, and DSPEX_REQUIRE_DSPY is set";
  return true;
}

constexpr auto no_dspy = "build/python is not there: scripts/setup makes it, "
                         "for which it needs PyPI";

/// Workers that are quick to give up and to come back.
/// @param backend a Python module of tests/python_port; empty for DSPy.
inline python_port_options worker_options(const std::string& backend) {
  auto result = python_port_options{};
  auto python = python_with_dspy();
  result.python = python.empty() ? "python3" : python;
  result.python_path
    = {(source_folder() / "adapters/python_port/python").string(),
       (source_folder() / "tests/python_port").string()};
  result.backend = backend;
  result.lm.model = "openai/sim";
  result.workers = 2;
  result.threads = 2;
  result.grace = std::chrono::milliseconds{200};
  result.supervision.start_delay.initial = std::chrono::milliseconds{10};
  result.supervision.start_delay.max = std::chrono::milliseconds{100};
  return result;
}

/// Our child processes, those that ended and were not waited for among them.
inline std::vector<pid_t> child_processes() {
  auto result = std::vector<pid_t>{};
  for (auto& x : std::filesystem::directory_iterator{"/proc/self/task"}) {
    auto list = std::ifstream{x.path() / "children"};
    for (auto pid = pid_t{0}; list >> pid;)
      result.push_back(pid);
  }
  return result;
}

/// Kills workers, and knows from the adapter's log when those that got ready
/// were started.
class worker_watch {
public:
  using clock = std::chrono::steady_clock;

  void read(std::string_view message, const json& fields) {
    if (message != "a Python worker is ready")
      return;
    auto took = std::chrono::milliseconds{fields.at("start_ms").get<int>()};
    auto guard = std::lock_guard{mutex_};
    started_[fields.at("pid").get<pid_t>()] = clock::now() - took;
    changed_.notify_all();
  }

  void kill(pid_t pid) {
    auto guard = std::lock_guard{mutex_};
    killed_.insert(pid);
    last_kill_ = clock::now();
    ::kill(pid, SIGKILL);
  }

  /// Waits until our children are `n` workers that are ready.
  /// @returns how long after the last kill the last of them was started; what a
  ///          worker itself needs to get ready is apart. None if they do not
  ///          come.
  std::optional<clock::duration> wait_until_whole(size_t n) {
    auto guard = std::unique_lock{mutex_};
    auto is_ready = [&](pid_t x) {
      return killed_.count(x) == 0 && started_.count(x) > 0;
    };
    auto pids = std::vector<pid_t>{};
    if (!changed_.wait_for(guard, patience, [&] {
          pids = child_processes();
          return pids.size() == n
                 && std::all_of(pids.begin(), pids.end(), is_ready);
        }))
      return std::nullopt;
    auto last = clock::time_point{};
    for (auto x : pids)
      last = std::max(last, started_[x]);
    return last - last_kill_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<pid_t, clock::time_point> started_;
  std::set<pid_t> killed_;
  clock::time_point last_kill_;
};

/// Within this time of the last kill the pool starts the last worker it lacks.
constexpr auto whole_within = std::chrono::seconds{2};

/// A host that keeps what the adapter logs.
class listening_host : public manual_host {
public:
  struct line {
    severity how;
    std::string message;
    json fields;
  };

  worker_watch workers;

  void log(severity how, std::string_view message,
           const json& fields) override {
    workers.read(message, fields);
    auto guard = std::lock_guard{mutex_};
    lines_.push_back({how, std::string{message}, fields});
    changed_.notify_all();
  }

  void count_restart(const std::string&) override {
    auto guard = std::lock_guard{mutex_};
    ++restarts_;
  }

  /// Waits for the `n`th line that begins so; false when it does not come.
  bool wait_for(const std::string& beginning, size_t n = 1) {
    auto guard = std::unique_lock{mutex_};
    return changed_.wait_for(guard, patience,
                             [&] { return count(beginning) >= n; });
  }

  [[nodiscard]] size_t restarts() const {
    auto guard = std::lock_guard{mutex_};
    return restarts_;
  }

  /// All lines, for a failure's message or to look for something.
  [[nodiscard]] std::string text() const {
    auto guard = std::lock_guard{mutex_};
    auto result = std::string{};
    for (auto& x : lines_)
      result += x.message + ' ' + dump_json(x.fields) + '\n';
    return result;
  }

  [[nodiscard]] size_t size() const {
    auto guard = std::lock_guard{mutex_};
    return lines_.size();
  }

private:
  [[nodiscard]] size_t count(const std::string& beginning) const {
    auto n = size_t{0};
    for (auto& x : lines_)
      n += x.message.starts_with(beginning) ? 1 : 0;
    return n;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<line> lines_;
  size_t restarts_ = 0;
};

} // namespace dspex::test
