#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include <caf/actor_addr.hpp>

#include "dspex/records.hpp"

namespace dspex {

class open_run;

/// The runs of a node that have no committed end yet: what reads, `cancel` and
/// the steps by hand look at before they ask the store.
///
/// A run stands here from the moment it is sent, on the thread of its caller,
/// until its record is committed, or until it is clear that it leaves none. A
/// reader who looks here first and then asks the store therefore misses
/// nothing, and sees no end that is not committed. Thread safe; an addition and
/// a removal each take one lock of many.
class in_flight_runs {
public:
  /// @param count is kept at the number of runs that are shown.
  explicit in_flight_runs(std::shared_ptr<std::atomic<uint64_t>> count);

  // -- for those who run ------------------------------------------------------

  /// Adds a run.
  /// @returns null if a run with this id is here already.
  [[nodiscard]] std::shared_ptr<open_run> add(execution_id id);

  // -- for those who look -----------------------------------------------------

  /// How many runs are shown.
  [[nodiscard]] uint64_t size() const noexcept;

  [[nodiscard]] bool contains(execution_id id) const;

  /// The record of a run that is shown.
  [[nodiscard]] std::optional<execution_record> find(execution_id id) const;

  /// Keeps a task while it is open whether a run will be shown; calls it once
  /// that is decided, from the thread that decides.
  /// @returns whether the task is kept. If not, `find` or the store knows.
  bool when_decided(execution_id id, std::function<void()> task);

  /// Cancels a run that no program has taken yet: its program ends it in place
  /// of starting it.
  /// @returns nothing if the run is not here; the program that has taken the
  ///          run and must be asked; or an invalid address if that is done.
  [[nodiscard]] std::optional<caf::actor_addr> cancel(execution_id id);

  /// The newest runs that are shown and fit a filter, newest first.
  /// @param before only ids below this one, unless it is unset.
  [[nodiscard]] std::vector<execution_record>
  newest(const execution_filter& filter,
         const std::optional<execution_id>& before, size_t limit) const;

  /// How many runs of a program are shown, without those that the live table of
  /// the store counts.
  [[nodiscard]] uint64_t count(program_id id) const;

private:
  friend class open_run;

  /// Runs know their shard, which may have to outlive the node for them.
  struct alignas(64) shard {
    mutable std::mutex mutex;
    std::unordered_map<execution_id, open_run*> runs;
    std::shared_ptr<std::atomic<uint64_t>> count;
  };

  [[nodiscard]] const std::shared_ptr<shard>& shard_of(execution_id id) const;

  std::array<std::shared_ptr<shard>, 32> shards_;
  std::shared_ptr<std::atomic<uint64_t>> count_;
};

/// One run of `in_flight_runs`. Its request holds it, then its program, which
/// shares it with the tracker; when the last of them lets go, it leaves the
/// set. Thread safe.
class open_run {
public:
  open_run(std::shared_ptr<in_flight_runs::shard> home, execution_id id);
  open_run(const open_run&) = delete;
  open_run& operator=(const open_run&) = delete;
  ~open_run();

  [[nodiscard]] execution_id id() const noexcept {
    return id_;
  }

  /// A program takes the run: from here on it is the one to ask for a cancel.
  /// @returns false if the run was cancelled before.
  [[nodiscard]] bool take(const caf::actor_addr& program);

  /// The run waits for another one, and leaves no record unless it is shown
  /// later.
  void step_aside();

  /// From here on readers see the run as this record tells it.
  /// @pre a program has taken it
  void show(const execution_record& x);

  /// The run has left the queue of its program.
  void start(timestamp t);

  /// The live table of the store has the run.
  void note_stored();

  /// The end is committed, or there will be none. May be called again.
  void leave() noexcept;

private:
  friend class in_flight_runs;

  enum class stage { sent, taken, aside, shown, left };

  /// What readers see.
  struct sight {
    dspex::program_id program;
    document inputs;
    document metadata;
    timestamp executed_at;
    std::optional<timestamp> started_at;
    node_id node;
    bool stored = false;
  };

  [[nodiscard]] bool matches(const execution_filter& filter) const;
  [[nodiscard]] execution_status status() const;
  [[nodiscard]] execution_record record() const;
  void settle(stage next);

  const std::shared_ptr<in_flight_runs::shard> home_;
  const execution_id id_;
  // The lock of the shard guards what follows.
  stage at_ = stage::sent;
  bool cancelled_ = false;
  std::optional<sight> seen_;
  caf::actor_addr program_;
  std::vector<std::function<void()>> awaiting_;
};

} // namespace dspex
