#include "tests/runtime/caller_load.hpp"

#include <set>

#include <gtest/gtest.h>

namespace dspex::test {

caller_load::caller_load(client c, std::vector<std::string> programs,
                         size_t in_flight)
  : client_(std::move(c)), programs_(std::move(programs)) {
  for (size_t i = 0; i < in_flight; ++i) {
    {
      auto guard = std::unique_lock{mutex_};
      ++started_;
    }
    start_one(i);
  }
}

caller_load::caller_load(client c, std::string program, size_t in_flight)
  : caller_load(std::move(c), std::vector{std::move(program)}, in_flight) {
}

void caller_load::start_one(size_t number) {
  client_.execute_program_async(
    programs_[number % programs_.size()],
    {{"question", "number " + std::to_string(number)}}, json::object(),
    [this](result<execution_result> outcome) {
      on_answer(std::move(outcome));
    });
}

void caller_load::on_answer(result<execution_result> outcome) {
  auto again = false;
  auto number = size_t{0};
  {
    auto guard = std::unique_lock{mutex_};
    ++answered_;
    if (outcome)
      succeeded_.push_back(outcome->id);
    else
      ++failures_[outcome.error().code];
    // A node that ends takes nothing more.
    if (!outcome && outcome.error().code == errc::shutting_down)
      stopping_ = true;
    again = !stopping_;
    if (again)
      number = started_++;
    // Within the lock: whoever waits may destroy us right after.
    changed_.notify_all();
  }
  if (again)
    start_one(number);
}

bool caller_load::stop(std::chrono::seconds deadline) {
  auto guard = std::unique_lock{mutex_};
  stopping_ = true;
  return changed_.wait_for(guard, deadline,
                           [this] { return answered_ == started_; });
}

bool caller_load::wait_for_successes(size_t n, std::chrono::seconds deadline) {
  auto guard = std::unique_lock{mutex_};
  auto goal = succeeded_.size() + n;
  return changed_.wait_for(guard, deadline,
                           [&] { return succeeded_.size() >= goal; });
}

bool caller_load::wait_for_failures(size_t n, std::chrono::seconds deadline) {
  auto guard = std::unique_lock{mutex_};
  auto failed = [this] { return answered_ - succeeded_.size(); };
  auto goal = failed() + n;
  return changed_.wait_for(guard, deadline, [&] { return failed() >= goal; });
}

size_t caller_load::started() {
  auto guard = std::unique_lock{mutex_};
  return started_;
}

std::vector<execution_id> caller_load::succeeded() {
  auto guard = std::unique_lock{mutex_};
  return succeeded_;
}

std::map<errc, size_t> caller_load::failures() {
  auto guard = std::unique_lock{mutex_};
  return failures_;
}

std::vector<execution_record> all_executions(const client& c,
                                             const std::string& program) {
  auto result = std::vector<execution_record>{};
  auto where = page_request{.limit = 1000};
  do {
    auto found = c.executions_by_program(program, {}, where);
    if (!found)
      throw std::runtime_error(to_string(found.error()));
    for (auto& x : found->items)
      result.push_back(std::move(x));
    where.cursor = found->next;
  } while (!where.cursor.empty());
  return result;
}

size_t expect_records_agree(const client& c, const std::string& program,
                            const std::vector<execution_id>& succeeded) {
  auto stored = std::set<execution_id>{};
  auto completed = std::set<execution_id>{};
  for (auto& x : all_executions(c, program)) {
    EXPECT_TRUE(stored.insert(x.id).second) << "stored twice";
    EXPECT_TRUE(is_terminal(x.status)) << to_string(x.id);
    if (x.status == execution_status::completed)
      completed.insert(x.id);
  }
  for (auto& id : succeeded)
    EXPECT_EQ(completed.count(id), 1u) << to_string(id);
  auto statistics = c.get_program_statistics(program);
  EXPECT_TRUE(statistics) << to_string(statistics.error());
  if (statistics) {
    EXPECT_EQ(statistics->total_executions, stored.size());
    EXPECT_EQ(statistics->successful_executions, completed.size());
    EXPECT_EQ(statistics->in_progress, 0u);
  }
  return completed.size();
}

} // namespace dspex::test
