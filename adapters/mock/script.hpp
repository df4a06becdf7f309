#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dspex/error.hpp"
#include "dspex/id.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// Never calls back: the run is left to its deadline.
struct mock_silence {};

/// Throws `std::runtime_error` from the method: the adapter crashes.
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
  /// Nil for `erase`, and for `cancel` of a run that is not there.
  program_id program{};
  /// Nil unless `execute` or `cancel`.
  execution_id execution{};
  /// Only of `execute`.
  document inputs{};
  int32_t attempt = 0;
  /// Only of `erase`.
  std::string backend_program_id{};
};

/// Answers prepared by a test, and the record of what was called.
///
/// Outlives the incarnations of the adapter, so a crash loses neither. Thread
/// safe.
class mock_script {
public:
  // -- prepared answers -------------------------------------------------------

  /// Appends an answer for the next run of any program.
  void push(mock_answer answer);

  /// Appends an answer for the next run of this program; these go first.
  void push(program_id program, mock_answer answer);

  /// Appends an error for the next creation of any program.
  void push_create(error err);

  /// Takes the next answer for a run of this program, if one is prepared.
  [[nodiscard]] std::optional<mock_answer> take(program_id program);

  /// Takes the next error for a creation, if one is prepared.
  [[nodiscard]] std::optional<error> take_create();

  // -- record -----------------------------------------------------------------

  void record(mock_call call);

  [[nodiscard]] std::vector<mock_call> calls() const;

  /// How many calls of this kind were recorded.
  [[nodiscard]] size_t count(mock_call::kind what) const;

private:
  mutable std::mutex mutex_;
  std::deque<mock_answer> answers_;
  std::map<program_id, std::deque<mock_answer>> program_answers_;
  std::deque<error> create_errors_;
  std::vector<mock_call> calls_;
};

} // namespace dspex
