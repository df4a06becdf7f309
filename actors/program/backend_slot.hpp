#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "actors/program/facts.hpp"
#include "dspex/adapter.hpp"

namespace dspex {

/// The backend programs of one program: the present one, and replaced ones that
/// runs still use.
///
/// A run ends on the backend program that it was accepted for, whatever becomes
/// of the program meanwhile. A backend program that was replaced or archived is
/// deleted when its last run has ended; that of an ephemeral program is deleted
/// whenever no run uses it, since the adapter makes it again for the next run.
///
/// Functions that may leave a backend program without use return its id, and
/// the caller tells the adapter to delete it.
class backend_slot {
public:
  /// What one attempt to initialize the program has made.
  struct incarnation {
    std::shared_ptr<const backend_program> program;
    /// Empty until the attempt has succeeded.
    std::string id;
    /// How many runs use it.
    size_t runs = 0;
    /// Whether the adapter may have it.
    bool present = false;
    /// Whether it was replaced or archived, so that no new run will use it.
    bool retired = false;
    /// Whether the program is ephemeral.
    bool ephemeral = false;
  };

  using incarnation_ptr = std::shared_ptr<incarnation>;
  using unused_id = std::optional<std::string>;

  backend_slot() = default;

  explicit backend_slot(const program_facts& now);

  /// What the adapter has to know to make the present backend program.
  [[nodiscard]] const std::shared_ptr<const backend_program>& program() const {
    return present_->program;
  }

  /// Follows a change of the record.
  [[nodiscard]] unused_id adopt(const program_facts& now);

  /// Lets one more run use the present backend program.
  [[nodiscard]] incarnation_ptr enter();

  /// Ends the use of a backend program by one run.
  [[nodiscard]] static unused_id leave(incarnation& x);

  /// Takes the present backend program away if the program is ephemeral and no
  /// run uses it.
  [[nodiscard]] unused_id clear() const;

private:
  [[nodiscard]] static unused_id release(incarnation& x);

  incarnation_ptr present_;
};

} // namespace dspex
