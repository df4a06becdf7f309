#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "dspex/any_signature.hpp"

namespace dspex::detail {

/// Collects the problems of one set of values.
///
/// A report without a list is *quiet*: it only learns whether something is
/// wrong. With a *strict* report values are judged as they are and nothing is
/// converted. A report keeps at most a hundred problems of a field and counts
/// the rest, so that a long bad list does not grow into a report many times its
/// size.
class report {
public:
  // -- constructors, destructors, and assignment operators --------------------

  explicit report(std::vector<problem>& problems) : problems_(&problems) {
  }

  report(const report&) = delete;
  report& operator=(const report&) = delete;

  // -- where ------------------------------------------------------------------

  /// An item of a list or a member of an object. Problems that are added as
  /// long as the step lives are about that item or member.
  class step {
  public:
    step(report& in, size_t index) : in_(in), up_(in.here_), index_(index) {
      in_.here_ = this;
    }

    /// @param key must stay as long as the step.
    step(report& in, const std::string& key)
      : in_(in), up_(in.here_), key_(&key) {
      in_.here_ = this;
    }

    ~step() {
      in_.here_ = up_;
    }

    step(const step&) = delete;
    step& operator=(const step&) = delete;

  private:
    friend class report;
    report& in_;
    const step* up_;
    /// The name of the member; null for an item of a list.
    const std::string* key_ = nullptr;
    size_t index_ = 0;
  };

  /// Begins a field; the name must stay until `end_field`.
  void begin_field(const std::string& name);

  /// Ends a field: adds how many of its problems were left out, if any.
  void end_field();

  /// Makes the report strict as long as the trial lives, and quiet too on
  /// demand.
  class trial {
  public:
    trial(report& in, bool quiet)
      : in_(in), problems_(in.problems_), strict_(in.strict_) {
      if (quiet)
        in_.problems_ = nullptr;
      in_.strict_ = true;
    }

    ~trial() {
      in_.problems_ = problems_;
      in_.strict_ = strict_;
    }

    trial(const trial&) = delete;
    trial& operator=(const trial&) = delete;

  private:
    report& in_;
    std::vector<problem>* problems_;
    bool strict_;
  };

  // -- properties -------------------------------------------------------------

  [[nodiscard]] bool quiet() const noexcept {
    return problems_ == nullptr;
  }

  [[nodiscard]] bool strict() const noexcept {
    return strict_;
  }

  // -- problems ---------------------------------------------------------------

  /// Adds a problem of the present place, e.g. `must be a string, got 5`. A
  /// quiet report does not call `make_text`, whose text it would drop. Always
  /// returns `false`.
  template <class MakeText>
  bool add(std::string_view code, MakeText make_text) {
    if (!quiet() && has_room())
      push(code, make_text());
    return false;
  }

  /// Adds `must be WANTED, got VALUE`. Always returns `false`.
  bool add_type(std::string_view wanted, const json& value);

  /// Adds a problem for each item of an array that equals an earlier one.
  /// Returns whether there is none.
  bool check_unique(const json& items);

  /// Adds `Missing field: NAME`.
  void add_missing(const std::string& name);

  /// Adds `Unknown field: NAME` for each, at most a hundred.
  void add_unknown(const std::vector<const std::string*>& names);

private:
  [[nodiscard]] bool has_room();
  void push(std::string_view code, const std::string& text);

  std::vector<problem>* problems_;
  bool strict_ = false;
  const std::string* field_ = nullptr;
  const step* here_ = nullptr;
  size_t field_problems_ = 0;
};

} // namespace dspex::detail
