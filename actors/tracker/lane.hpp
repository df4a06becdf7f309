#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "actors/node/telemetry.hpp"
#include "messages/actors.hpp"

namespace dspex {

/// An execution that the store did not take for itself, and why.
struct refused_execution {
  execution_id id;
  error why;
};

/// What is under way to the store in one transaction.
struct write_batch : execution_batch {
  /// Where readers find them until they are committed; one for each of
  /// `finished`.
  std::vector<std::shared_ptr<open_run>> runs;
  /// Answered already, or null; one for each of `finished`.
  std::vector<std::shared_ptr<unconfirmed_answer>> unconfirmed;

  [[nodiscard]] size_t size() const {
    return live.size() + finished.size();
  }

  /// Writes it. Blocks; for the thread of a connection. Rows that are in the
  /// store already because the batch was sent before, by a tracker that died or
  /// as its commit was in doubt, are as good as written. What is committed is
  /// no longer in flight, and an answer that went out before is confirmed, when
  /// this returns: the tracker may be dead by then.
  /// @returns those in `finished` whose id another run has, or which somebody
  ///          else has closed; or why nothing of it is in the store.
  result<std::vector<refused_execution>> write(store& s);
};

/// The executions that wait for one of the connections that write.
///
/// At most one batch is out at a time, so the rows of an execution reach the
/// store in the order in which they were added. Plain data: whoever owns a lane
/// sends its batches, and its timers.
class write_lane {
public:
  using batch_ptr = std::shared_ptr<write_batch>;

  /// Where a record stands: a row of `finished`.
  struct place {
    batch_ptr batch;
    size_t row = 0;

    [[nodiscard]] const execution_record& operator*() const {
      return batch->finished[row];
    }
  };

  /// @param number of `execution_batch`.
  /// @param max_rows the most executions that end in one batch.
  write_lane(uint32_t number, size_t max_rows)
    : number_(number), max_rows_(max_rows) {
    // nop
  }

  // -- properties -------------------------------------------------------------

  /// Whether the next batch may leave.
  [[nodiscard]] bool free() const noexcept {
    return !writing_ && !resting_;
  }

  /// Whether nothing waits and nothing is out.
  [[nodiscard]] bool empty() const noexcept {
    return !writing_ && kept_.empty() && filling_.empty() && live_.empty();
  }

  /// Whether the last attempt found the store away.
  [[nodiscard]] bool is_cut_off() const noexcept {
    return failures_ > 0;
  }

  // -- what comes in ----------------------------------------------------------

  /// An execution that has ended.
  /// @param unconfirmed set if its caller was answered already.
  /// @returns where it stands until it is settled, or its batch cut.
  place add(execution_record&& x, std::shared_ptr<open_run> run,
            std::shared_ptr<unconfirmed_answer> unconfirmed = nullptr);

  /// An execution in flight that the store shall show.
  void add_live(execution_record x);

  // -- what goes out ----------------------------------------------------------

  /// Takes the next batch, which is out until one of the functions below says
  /// what became of it. Rows of executions that have ended meanwhile are left
  /// out.
  /// @returns null if there is nothing to write.
  /// @pre `free()`
  batch_ptr next(const std::function<bool(execution_id)>& has_ended);

  /// It is in the store, or nothing of it ever will be.
  void settled();

  /// The store is away: the batch goes first when the lane has rested.
  /// @returns how long to rest before `resume`: longer with each failure.
  std::chrono::nanoseconds keep(batch_ptr x);

  void resume();

  /// A row of it cannot be written: halves of the batch go first, until that
  /// row stands alone.
  /// @returns the halves.
  /// @pre `x->size() > 1`
  std::array<batch_ptr, 2> cut(const batch_ptr& x);

private:
  [[nodiscard]] batch_ptr make_batch() const;

  uint32_t number_;
  size_t max_rows_;
  std::vector<execution_record> live_;
  /// The first leaves next, the last takes what comes in.
  std::deque<batch_ptr> filling_;
  /// Inputs and outputs in the last of them.
  size_t bytes_ = 0;
  /// Executions in the last that left: the next is likely to be as large.
  size_t last_rows_ = 0;
  /// Cut in halves, or kept over an outage.
  std::deque<batch_ptr> kept_;
  bool writing_ = false;
  bool resting_ = false;
  /// Attempts since the store last answered.
  size_t failures_ = 0;
};

} // namespace dspex
