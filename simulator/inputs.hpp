#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/arithmetic.hpp"
#include "simulator/prompt.hpp"
#include "simulator/text.hpp"

namespace dspex {

/// The contents of a prompt's values, read once per request.
///
/// Only the first 128 KB of all values count, so that a request costs
/// milliseconds.
class sim_inputs {
public:
  explicit sim_inputs(const sim_prompt& prompt);

  /// The stems of all values.
  [[nodiscard]] const sim_stems& stems() const noexcept {
    return stems_;
  }

  /// The answer to the first value that asks for arithmetic.
  [[nodiscard]] const std::optional<sim_number>& arithmetic() const noexcept {
    return arithmetic_;
  }

  /// Numbers that stand on their own, in order; not dates, times or parts of
  /// identifiers.
  [[nodiscard]] const std::vector<double>& numbers() const noexcept {
    return numbers_;
  }

  [[nodiscard]] const std::vector<std::string>& key_words() const noexcept {
    return key_words_;
  }

  /// The names of the values, in order.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept {
    return names_;
  }

  /// The first sentence of the longest value; empty without values.
  [[nodiscard]] const std::string& lead() const noexcept {
    return lead_;
  }

  /// The sentence of the context that shares most words with the question;
  /// empty if there is no question with a context.
  [[nodiscard]] const std::string& quote() const noexcept {
    return quote_;
  }

  /// The sentence of any value that shares most words with `wanted`, or the
  /// lead.
  [[nodiscard]] const std::string& relevant(const sim_stems& wanted) const;

private:
  struct sentence {
    std::string text;
    sim_stems stems;
  };

  /// The first sentence with the most words in common; none without any.
  static const sentence* most_like(const std::vector<sentence>& sentences,
                                   const sim_stems& wanted);

  std::vector<std::string> names_;
  std::vector<sentence> sentences_;
  std::vector<std::string> key_words_;
  std::vector<double> numbers_;
  sim_stems stems_;
  std::optional<sim_number> arithmetic_;
  std::string lead_;
  std::string quote_;
};

} // namespace dspex
