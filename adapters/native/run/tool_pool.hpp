#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "dspex/error.hpp"
#include "dspex/json.hpp"
#include "dspex/tool.hpp"

namespace dspex {

/// Calls tools and rewards of the embedder, which may block, on threads of the
/// pool. The threads begin with the first task. Thread safe.
class tool_pool {
public:
  /// Closes the pool.
  ~tool_pool();

  /// Runs a task on one of the threads; tasks wait for each other if all are
  /// busy. Drops it if the pool is closed.
  /// @throws std::system_error if the system refuses a thread.
  void run(std::function<void()> task);

  /// Waits for the tasks that are running, and drops the others.
  void close();

private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

/// Checks a tool's name and schemas.
/// @returns `invalid_option` saying which tool is wrong and why.
[[nodiscard]] result<void> check_tool(const tool& x);

/// Checks the arguments that a model chose, and fills in defaults.
/// @returns `invalid_input` with every problem.
[[nodiscard]] result<json> prepare_arguments(const tool& x,
                                             const json& arguments);

/// Calls a tool; an exception becomes an error.
[[nodiscard]] result<json> call_tool(const tool& x, const json& arguments);

} // namespace dspex
