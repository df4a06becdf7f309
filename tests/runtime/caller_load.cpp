#include "caller_load.hpp"

namespace dspex::test {

caller_load::caller_load(client c, std::string program, size_t in_flight)
  : client_(std::move(c)), program_(std::move(program)) {
  for (size_t i = 0; i < in_flight; ++i)
    start_one();
}

void caller_load::start_one() {
  auto number = size_t{0};
  {
    auto guard = std::unique_lock{mutex_};
    number = started_++;
  }
  client_.execute_program_async(
    program_, {{"question", "number " + std::to_string(number)}},
    json::object(), [this](result<execution_result> outcome) {
      on_answer(std::move(outcome));
    });
}

void caller_load::on_answer(result<execution_result> outcome) {
  auto again = false;
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
      ++started_;
    // Within the lock: whoever waits may destroy us right after.
    changed_.notify_all();
  }
  if (!again)
    return;
  client_.execute_program_async(
    program_, {{"question", "again"}}, json::object(),
    [this](result<execution_result> next) { on_answer(std::move(next)); });
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

} // namespace dspex::test
