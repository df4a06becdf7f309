#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dspex/config.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// How one part of an installation is, from good to bad.
enum class health {
  ok,
  /// There is nothing wrong; it is worth knowing.
  info,
  /// It may become a problem, or is one for some programs only.
  warning,
  /// dspex does not work, or not as configured.
  problem,
};

[[nodiscard]] std::string_view to_string(health x) noexcept;

/// What an examination found out about one part.
struct finding {
  /// `configuration`, `store`, `schema`, `nodes`, `disk`, `adapters`, `model`,
  /// `python`.
  std::string part;
  health status = health::ok;
  /// The finding in one sentence, without secrets.
  std::string message;
  /// What to do about a warning or a problem; empty if there is none.
  std::string advice;
};

[[nodiscard]] json to_json(const finding& x);

struct doctor_options {
  /// How long the model's server may take to answer.
  std::chrono::milliseconds model_timeout{5'000};
  /// How long Python may take to import DSPy and make a program, which takes
  /// seconds, and many of them on a busy machine.
  std::chrono::milliseconds python_timeout{60'000};
  /// Free space below this is a problem: a day of records and their journal
  /// need more.
  uint64_t min_free_bytes = 100'000'000;
};

/// Looks at everything that dspex needs to work as configured: opens the store,
/// asks the model's server for its list of models (which costs no tokens),
/// starts Python. Blocks for at most the timeouts; changes nothing, except that
/// it holds a sign of life beside the store while it tries to write there.
[[nodiscard]] std::vector<finding>
examine(const result<loaded_configuration>& loaded,
        const doctor_options& options = {});

/// Whether no finding is a problem.
[[nodiscard]] bool is_healthy(const std::vector<finding>& findings);

} // namespace dspex
