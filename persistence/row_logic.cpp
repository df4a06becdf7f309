#include "persistence/row_logic.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace dspex {

namespace {

const json* member(const document& x, std::string_view key) {
  if (!x->is_object())
    return nullptr;
  auto i = x->find(key);
  return i == x->end() ? nullptr : &*i;
}

// Returns whether two configurations differ in a part from which a backend
// makes its program.
bool changes_backend(const document& from, const document& to) {
  return std::ranges::any_of(
    std::array{"modules", "lm", "tools"}, [&](auto key) {
      auto before = member(from, key);
      auto after = member(to, key);
      return before && after ? *before != *after : before != after;
    });
}

} // namespace

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
    case program_action::reinitialize:
      if (x.configuration)
        program.configuration = *x.configuration;
      [[fallthrough]];
    case program_action::initialize:
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

void apply_update(signature_record& signature, const signature_update& x,
                  timestamp at) {
  if (x.name)
    signature.name = *x.name;
  if (x.description)
    signature.description = *x.description;
  signature.updated_at = at;
}

result<void> apply_update(program_record& program, const program_update& x,
                          timestamp at) {
  if (x.name)
    if (auto ok = check_rename(program.status); !ok)
      return ok;
  if (x.configuration) {
    auto other = changes_backend(program.configuration, *x.configuration);
    if (auto ok = check_configure(program.status, other); !ok)
      return ok;
  }
  if (x.name)
    program.name = *x.name;
  if (x.configuration)
    program.configuration = *x.configuration;
  program.updated_at = at;
  return {};
}

result<void> apply_step(execution_record& execution, const execution_step& x,
                        timestamp at) {
  if (!is_terminal(execution.status) && !execution.node.is_nil())
    return fail(errc::conflict, "The execution is run by dspex; only one made "
                                "with create_execution is moved by hand");
  auto next = next_status(x.action, execution.status);
  if (!next)
    return fail(std::move(next.error()));
  execution.status = *next;
  execution.updated_at = at;
  if (x.action == execution_action::mark_running) {
    execution.started_at = at;
    return {};
  }
  execution.duration_us = x.duration_us;
  execution.finished_at = at;
  if (x.action == execution_action::mark_completed) {
    execution.outputs = x.outputs;
  } else {
    execution.error_code = x.error_code;
    execution.error_message = x.error_message;
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
  end_as_failed(x, errc::interrupted, "The node that ran the execution ended",
                at);
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

error used_execution_id(execution_id id) {
  return {errc::conflict, "The execution id " + to_string(id) + " is in use"};
}

error signature_in_use(program_id by) {
  return {errc::conflict,
          "The program " + to_string(by) + " refers to the signature"};
}

error same_ephemeral(program_id other) {
  return {errc::conflict, "The ephemeral program " + to_string(other)
                            + " has this configuration already"};
}

error program_drains() {
  return {errc::conflict, "Program is draining: an execution still runs"};
}

error program_has_executions() {
  return {errc::conflict,
          "Program has executions; destroy it with cascade to drop them, too"};
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
