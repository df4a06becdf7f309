#include "persistence/row_logic.hpp"

#include <algorithm>
#include <limits>

namespace dspex {

// -- lifecycle ----------------------------------------------------------------

result<void> apply_transition(program_record& program,
                              const program_transition& x, timestamp at) {
  if (x.expected_generation && *x.expected_generation != program.generation)
    return fail(errc::conflict,
                "Program has moved on (generation "
                  + std::to_string(program.generation) + ", expected "
                  + std::to_string(*x.expected_generation) + ")");
  auto next = next_status(x.action, program.status);
  if (!next)
    return fail(std::move(next.error()));
  program.status = *next;
  program.generation += 1;
  program.updated_at = at;
  program.owner_node = std::nullopt;
  program.error_code = errc::none;
  program.error_message.clear();
  switch (x.action) {
    case program_action::initialize:
    case program_action::reinitialize:
      program.owner_node = x.node;
      break;
    case program_action::become_ready:
      program.backend_program_id = x.backend_program_id;
      break;
    case program_action::become_error:
      program.backend_program_id.clear();
      program.error_code = x.error_code;
      program.error_message = x.error_message;
      break;
    case program_action::archive:
      break;
  }
  return {};
}

program_transition interrupted_initialization(int64_t generation) {
  return {.action = program_action::become_error,
          .expected_generation = generation,
          .error_code = errc::interrupted,
          .error_message = "The node that initialized the program ended"};
}

execution_record interrupted_execution(execution_record x, timestamp at) {
  x.status = execution_status::failed;
  x.error_code = errc::interrupted;
  x.error_message = "The node that ran the execution ended";
  x.duration_us = std::max((at - x.executed_at).count(), int64_t{0});
  x.finished_at = at;
  x.updated_at = at;
  return x;
}

// -- statistics ---------------------------------------------------------------

uint64_t add_durations(uint64_t lhs, uint64_t rhs) noexcept {
  constexpr auto top = uint64_t{std::numeric_limits<int64_t>::max()};
  lhs = std::min(lhs, top);
  return rhs > top - lhs ? top : lhs + rhs;
}

void program_delta::add(const execution_record& x) {
  if (x.status == execution_status::completed)
    ++completed;
  else
    ++failed;
  auto duration = *x.duration_us;
  duration_us = add_durations(duration_us, static_cast<uint64_t>(duration));
  durations.add(duration);
  if (!last_executed_at || *last_executed_at < x.executed_at)
    last_executed_at = x.executed_at;
}

program_statistics make_statistics(const program_record& program,
                                   const histogram& durations,
                                   uint64_t in_progress) {
  auto out = program_statistics{};
  out.total_executions = program.execution_count();
  out.successful_executions = program.completed_count;
  out.failed_executions = program.failed_count;
  out.in_progress = in_progress;
  if (out.total_executions > 0) {
    auto total = static_cast<double>(out.total_executions);
    out.success_rate = static_cast<double>(out.successful_executions) / total;
    out.average_duration_ms = static_cast<double>(program.duration_us_sum)
                              / total / 1000.0;
  }
  auto milliseconds = [&](double q) -> std::optional<double> {
    if (auto x = durations.quantile(q))
      return *x / 1000.0;
    return std::nullopt;
  };
  out.p50_ms = milliseconds(0.50);
  out.p95_ms = milliseconds(0.95);
  out.p99_ms = milliseconds(0.99);
  return out;
}

// -- pages --------------------------------------------------------------------

result<page_bounds> read_page_request(const page_request& x) {
  constexpr uint32_t max_limit = 1000;
  if (x.limit < 1 || x.limit > max_limit)
    return fail(errc::invalid_option, "limit must be between 1 and 1000, got "
                                        + std::to_string(x.limit));
  auto out = page_bounds{x.limit, std::nullopt};
  if (x.cursor.empty())
    return out;
  out.before = uuid::parse(x.cursor);
  if (!out.before)
    return fail(errc::invalid_option,
                "cursor is not one that a page of this list ended with");
  return out;
}

std::string make_cursor(const uuid& last) {
  return to_string(last);
}

// -- errors -------------------------------------------------------------------

error no_signature(signature_id id) {
  return {errc::not_found, "No signature has the id " + to_string(id)};
}

error no_program(program_id id) {
  return {errc::not_found, "No program has the id " + to_string(id)};
}

error no_execution(execution_id id) {
  return {errc::not_found, "No execution has the id " + to_string(id)};
}

error unknown_program(const execution_record& x) {
  return {errc::store_rejected, "execution " + to_string(x.id)
                                  + ": no program has the id "
                                  + to_string(x.program_id)};
}

error opened_read_only() {
  return {errc::store_unavailable,
          "The store was opened for reading only; nothing was written"};
}

} // namespace dspex
