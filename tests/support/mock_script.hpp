#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "adapters/mock/adapter.hpp"
#include "dspex/adapter.hpp"

namespace dspex::test {

/// Leaves the run to its deadline: the adapter never calls back.
struct mock_silence {};

/// Makes the adapter crash: the method throws `std::runtime_error`.
struct mock_crash {
  std::string what;
};

/// What the mock does with one run: outputs as given (valid or not), an error,
/// or one of the accidents above.
using mock_answer = std::variant<json, error, mock_silence, mock_crash>;

/// One method that was called on a mock adapter.
struct mock_call {
  enum class kind { create, execute, cancel, erase };

  kind what = kind::execute;
  /// Nil for `erase` and `cancel`.
  program_id program{};
  /// Nil unless `execute` or `cancel`.
  execution_id execution{};
  /// Only `execute` has inputs.
  document inputs{};
  int32_t attempt = 0;
  /// Only `erase` has the backend's id.
  std::string backend_program_id{};
};

/// Answers prepared by a test, and the record of what was called.
///
/// A script outlives the incarnations of the adapter, so a crash loses neither.
/// Thread safe.
class mock_script {
public:
  // -- prepared answers -------------------------------------------------------

  /// Appends an answer for the next run of any program.
  void push(mock_answer answer) {
    auto guard = std::lock_guard{mutex_};
    answers_.push_back(std::move(answer));
  }

  /// Appends an answer for the next run of this program; these go first.
  void push(program_id program, mock_answer answer) {
    auto guard = std::lock_guard{mutex_};
    program_answers_[program].push_back(std::move(answer));
  }

  /// Appends an error for the next creation of any program.
  void push_create(error err) {
    auto guard = std::lock_guard{mutex_};
    create_errors_.push_back(std::move(err));
  }

  /// Takes the next answer for a run of this program, if one is prepared.
  [[nodiscard]] std::optional<mock_answer> take(program_id program) {
    auto guard = std::lock_guard{mutex_};
    if (auto answer = pop(program_answers_[program]))
      return answer;
    return pop(answers_);
  }

  /// Takes the next error for a creation, if one is prepared.
  [[nodiscard]] std::optional<error> take_create() {
    auto guard = std::lock_guard{mutex_};
    return pop(create_errors_);
  }

  // -- record -----------------------------------------------------------------

  void record(mock_call call) {
    auto guard = std::lock_guard{mutex_};
    calls_.push_back(std::move(call));
  }

  [[nodiscard]] std::vector<mock_call> calls() const {
    auto guard = std::lock_guard{mutex_};
    return calls_;
  }

  /// How many calls of this kind were recorded.
  [[nodiscard]] size_t count(mock_call::kind what) const {
    auto guard = std::lock_guard{mutex_};
    return static_cast<size_t>(
      std::count_if(calls_.begin(), calls_.end(),
                    [&](const mock_call& x) { return x.what == what; }));
  }

private:
  template <class T>
  static std::optional<T> pop(std::deque<T>& queue) {
    if (queue.empty())
      return std::nullopt;
    auto result = std::optional<T>{std::move(queue.front())};
    queue.pop_front();
    return result;
  }

  mutable std::mutex mutex_;
  std::deque<mock_answer> answers_;
  std::map<program_id, std::deque<mock_answer>> program_answers_;
  std::deque<error> create_errors_;
  std::vector<mock_call> calls_;
};

/// A mock adapter that answers as a script says, and records its calls there.
/// What the script has no answer for, the mock answers. Either answer comes
/// when the mock's would.
class scripted_adapter : public adapter {
public:
  scripted_adapter(std::unique_ptr<adapter> mock,
                   std::shared_ptr<mock_script> script)
    : mock_(std::move(mock)), script_(std::move(script)) {
  }

  result<void> check(const any_signature& sig,
                     const json& configuration) const override {
    return mock_->check(sig, configuration);
  }

  void create_program(std::shared_ptr<const backend_program> program,
                      create_callback done) override {
    script_->record({.what = mock_call::kind::create, .program = program->id});
    if (auto err = script_->take_create())
      done = [done = std::move(done), err = std::move(*err)](auto&&) {
        done(fail(err));
      };
    mock_->create_program(std::move(program), std::move(done));
  }

  void execute(backend_run run, run_callback done) override {
    script_->record({.what = mock_call::kind::execute,
                     .program = run.program->id,
                     .execution = run.id,
                     .inputs = run.inputs,
                     .attempt = run.attempt});
    if (auto prepared = script_->take(run.program->id)) {
      if (std::holds_alternative<mock_silence>(*prepared))
        return;
      if (auto crash = std::get_if<mock_crash>(&*prepared))
        throw std::runtime_error(crash->what);
      done = [done = std::move(done), answer = std::move(*prepared)](auto&&) {
        if (auto outputs = std::get_if<json>(&answer))
          done({*outputs});
        else
          done({fail(std::get<error>(answer))});
      };
    }
    mock_->execute(std::move(run), std::move(done));
  }

  void cancel(execution_id id) override {
    script_->record({.what = mock_call::kind::cancel, .execution = id});
    mock_->cancel(id);
  }

  void delete_program(const std::string& backend_program_id) override {
    script_->record({.what = mock_call::kind::erase,
                     .backend_program_id = backend_program_id});
    mock_->delete_program(backend_program_id);
  }

private:
  std::unique_ptr<adapter> mock_;
  std::shared_ptr<mock_script> script_;
};

/// Makes the mock backend, which answers as `script` says.
[[nodiscard]] inline adapter_factory
scripted_adapter_factory(std::shared_ptr<mock_script> script,
                         mock_options options = {}) {
  return [script = std::move(script),
          mock = mock_adapter_factory(std::move(options))](adapter_host& host) {
    return std::make_unique<scripted_adapter>(mock(host), script);
  };
}

} // namespace dspex::test
