#pragma once

#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "persistence/histogram.hpp"
#include "persistence/store.hpp"

namespace dspex {

/// The records that the connections to one memory store share, and the changes
/// that keep them consistent. `mutex` is locked while any other member is used.
struct memory_state {
  struct program_entry {
    program_record record;
    histogram durations;
    /// The ids of live and finished executions; `sort` puts them in order.
    std::vector<execution_id> executions;
    /// The number of ids that are in order, from the first on.
    size_t sorted = 0;
    uint64_t in_progress = 0;
  };

  struct key_entry {
    idempotency_owner owner;
    timestamp claimed_at;
  };

  using key_name = std::pair<program_id, std::string>;

  std::mutex mutex;
  std::map<signature_id, signature_record> signatures;
  std::map<program_id, program_entry> programs;
  /// The ids of the programs that are ephemeral.
  std::set<program_id> ephemeral;
  std::map<execution_id, execution_record> executions;
  std::map<key_name, key_entry> keys;

  /// Returns the record with the summary of its signature.
  [[nodiscard]] program_record read(const program_entry& x) const;

  /// Finds another ephemeral program with the signature, adapter type and
  /// configuration of `x`.
  [[nodiscard]] const program_entry*
  find_ephemeral(const program_record& x) const;

  /// Finds the oldest program that `x` would only repeat: see
  /// `store::find_or_insert_program`.
  [[nodiscard]] const program_entry* find_same(const program_record& x) const;

  [[nodiscard]] bool is_finished(execution_id id) const;

  /// Returns whether a node runs an execution of the program.
  [[nodiscard]] bool drains(const program_entry& x) const;

  /// Inserts a terminal execution and counts it.
  void finish(const execution_record& x);

  /// Inserts or replaces an unfinished execution.
  void put_live(const execution_record& x);

  /// Returns the holder of a key at a time; null if the key is free.
  [[nodiscard]] const idempotency_owner* find_owner(const key_name& key,
                                                    timestamp at) const;

  /// Puts the executions of a program in order. Mostly they are in order
  /// already, because ids grow with time.
  static void sort(program_entry& x);

  /// Drops finished executions; the counters stay.
  void drop(std::vector<execution_id> ids);

  /// Drops a program with everything that belongs to it.
  void drop(program_id id);

private:
  /// Inserts an execution, or replaces a live one. Ids grow with time, so its
  /// place is near the end, and mostly at the end.
  program_entry& put(const execution_record& x);
};

} // namespace dspex
