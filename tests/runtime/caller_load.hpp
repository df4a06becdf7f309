#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "dspex/dspex.hpp"

namespace dspex::test {

/// Callers that keep a node busy: as many runs in flight as asked for, each
/// answer followed by the next run, until `stop`.
class caller_load {
public:
  /// @param programs take turns.
  caller_load(client c, std::vector<std::string> programs, size_t in_flight);

  caller_load(client c, std::string program, size_t in_flight);

  /// Starts nothing new and waits for every answer.
  /// @returns whether all came within the deadline.
  bool stop(std::chrono::seconds deadline);

  /// Waits until `n` more runs were answered with success.
  bool wait_for_successes(size_t n, std::chrono::seconds deadline);

  /// Waits until `n` more runs were answered with an error.
  bool wait_for_failures(size_t n, std::chrono::seconds deadline);

  [[nodiscard]] size_t started();
  [[nodiscard]] std::vector<execution_id> succeeded();
  /// How many answers had each code.
  [[nodiscard]] std::map<errc, size_t> failures();

private:
  void start_one(size_t number);
  void on_answer(result<execution_result> outcome);

  client client_;
  std::vector<std::string> programs_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  size_t started_ = 0;
  size_t answered_ = 0;
  std::vector<execution_id> succeeded_;
  std::map<errc, size_t> failures_;
};

/// Everything that the store knows of a program, by pages.
std::vector<execution_record> all_executions(const client& c,
                                             const std::string& program);

/// Fails the test unless the store tells the same story of a program as the
/// callers do, who are done: each success is a completed record, nothing is
/// there twice or unfinished, and the statistics count the records.
/// @returns how many records are completed.
size_t expect_records_agree(const client& c, const std::string& program,
                            const std::vector<execution_id>& succeeded);

} // namespace dspex::test
