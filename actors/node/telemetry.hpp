#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>

#include "actors/node/context.hpp"

/// What actors report of themselves: each function counts, logs and tells the
/// embedder's observer, whose exceptions end here.
namespace dspex {

/// A program took a run.
void note_accepted(node_context& ctx, const execution_record& x);

/// A run has ended: `x` is terminal.
void note_ended(node_context& ctx, const execution_record& x);

/// A run was in flight when its program died: ends its record.
void note_abandoned(node_context& ctx, execution_record& x) noexcept;

/// A supervised actor is started again.
void note_restart(node_context& ctx, const std::string& child);

/// The node has ended; only the first call counts.
/// @param why nothing after an ordered shutdown.
void note_node_end(node_context& ctx, const std::optional<error>& why);

/// What one program adds to the gauges of its node. Belongs to the program, and
/// is taken back when that goes away, however it does.
class program_gauge {
public:
  explicit program_gauge(context_ptr ctx);
  program_gauge(const program_gauge&) = delete;
  program_gauge& operator=(const program_gauge&) = delete;
  ~program_gauge();

  void update(size_t running, size_t waiting);

private:
  context_ptr ctx_;
  size_t running_ = 0;
  size_t waiting_ = 0;
};

/// An answer under durability `async`, which goes out before its record is
/// committed. The program and the tracker share it, in their state and in the
/// messages between them: when the last of them lets go of it and nobody saw
/// the commit, the record is lost, which is counted and logged. Thread safe.
class unconfirmed_answer {
public:
  unconfirmed_answer(context_ptr ctx, execution_id id);
  unconfirmed_answer(const unconfirmed_answer&) = delete;
  unconfirmed_answer& operator=(const unconfirmed_answer&) = delete;
  ~unconfirmed_answer();

  /// The record is in the store.
  void committed() noexcept;

private:
  context_ptr ctx_;
  execution_id id_;
  std::atomic<bool> committed_ = false;
};

} // namespace dspex
