#include "adapters/mock/script.hpp"

#include <algorithm>

namespace dspex {

namespace {

template <class T>
std::optional<T> pop(std::deque<T>& queue) {
  if (queue.empty())
    return std::nullopt;
  auto result = std::optional<T>{std::move(queue.front())};
  queue.pop_front();
  return result;
}

} // namespace

void mock_script::push(mock_answer answer) {
  auto guard = std::lock_guard{mutex_};
  answers_.push_back(std::move(answer));
}

void mock_script::push(program_id program, mock_answer answer) {
  auto guard = std::lock_guard{mutex_};
  program_answers_[program].push_back(std::move(answer));
}

void mock_script::push_create(error err) {
  auto guard = std::lock_guard{mutex_};
  create_errors_.push_back(std::move(err));
}

std::optional<mock_answer> mock_script::take(program_id program) {
  auto guard = std::lock_guard{mutex_};
  auto i = program_answers_.find(program);
  if (i != program_answers_.end())
    if (auto answer = pop(i->second))
      return answer;
  return pop(answers_);
}

std::optional<error> mock_script::take_create() {
  auto guard = std::lock_guard{mutex_};
  return pop(create_errors_);
}

void mock_script::record(mock_call call) {
  auto guard = std::lock_guard{mutex_};
  calls_.push_back(std::move(call));
}

std::vector<mock_call> mock_script::calls() const {
  auto guard = std::lock_guard{mutex_};
  return calls_;
}

size_t mock_script::count(mock_call::kind what) const {
  auto guard = std::lock_guard{mutex_};
  return static_cast<size_t>(
    std::count_if(calls_.begin(), calls_.end(),
                  [&](const mock_call& x) { return x.what == what; }));
}

} // namespace dspex
