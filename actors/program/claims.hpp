#pragma once

#include <cstddef>
#include <functional>

#include "actors/program/core.hpp"
#include "actors/program/key_book.hpp"

namespace dspex {

/// Decides for runs that have to ask first whether they may start: whether the
/// id that the caller chose is free, and whose the idempotency key is.
///
/// A key belongs to the run that claimed it in the store, in whatever process.
/// A run with the same key follows that one: a run of the same program without
/// asking the store, any other by looking at its row with growing delays.
class run_claims {
public:
  /// Is told once what becomes of each run that asked.
  class listener {
  public:
    /// The run may start.
    virtual void enqueue(run& x) = 0;

    /// The run is not its caller's to start, and is not recorded.
    virtual void drop(run& x, const error& why) = 0;

    /// Another run with the same key has the answer of this one.
    virtual void share(run& x, const result<execution_result>& outcome) = 0;

    /// The store may or may not hold the claim of the run, which ends with a
    /// record: that frees the key.
    virtual void abandon(run& x, const error& why) = 0;

  protected:
    ~listener() = default;
  };

  run_claims(program_core& core, listener& then) : core_(core), then_(then) {
  }

  /// Whether no run of this program stands for a key.
  [[nodiscard]] bool empty() const {
    return keys_.empty();
  }

  /// Asks for a run with a precondition.
  void ask(run& x);

  /// A run has gone: gives its followers the answer `shared`. If that is null,
  /// or a failure that frees the key, each of them claims the key for itself.
  void settle(const run& gone, const result<execution_result>* shared);

private:
  using row = result<execution_record>;

  /// Reads a row for a run; `then` is not called if the run has left its phase
  /// meanwhile.
  void read(execution_id id, const run& asker,
            std::function<void(run&, const row&)> then);
  void check_id(const run& x);
  void claim_key(run& x);
  void on_claimed(run& x, const result<idempotency_owner>& owner);
  /// The run waits for another one, and leaves no record unless it starts after
  /// all.
  void step_aside(run& x);
  /// Tells whether a claim that found the run's own id is the one that the run
  /// made.
  void verify_claim(const run& x);
  /// Waits for a run that is not in this program, or not any more.
  /// @param count how many times its row was read, with this time.
  void follow_stored(run& x, execution_id owner, size_t count);
  void on_stored(run& x, execution_id owner, size_t count, const row& found);

  program_core& core_;
  listener& then_;
  key_book keys_;
};

} // namespace dspex
