// Every action of the three resources in every state, from tables that do not
// compile with a cell left out: a new state or action of the lifecycle is
// missing in a `switch` first, then in the size of a table, then a cell is
// empty.

#include "tests/conformance/outcome_table.hpp"
#include "tests/conformance/store_conformance.hpp"

namespace dspex::test {

namespace {

// -- signatures ---------------------------------------------------------------

constexpr auto all_signature_states = std::array{signature_status::draft,
                                                 signature_status::active,
                                                 signature_status::deprecated};

constexpr size_t column(signature_status x) {
  switch (x) {
    case signature_status::draft:
      return 0;
    case signature_status::active:
      return 1;
    case signature_status::deprecated:
      return 2;
  }
  throw std::logic_error("not in the table");
}

enum class on_signature {
  insert_again,
  activate,
  deprecate,
  update,
  new_program,
  destroy,
  destroy_in_use,
  count,
};

constexpr auto on_signature_count = static_cast<size_t>(on_signature::count);

constexpr on_signature row(signature_action x) {
  switch (x) {
    case signature_action::activate:
      return on_signature::activate;
    case signature_action::deprecate:
      return on_signature::deprecate;
  }
  throw std::logic_error("not in the table");
}

constexpr auto signature_table = [] {
  constexpr auto not_draft
    = "invalid_transition: Only draft signatures can be activated";
  constexpr auto not_active
    = "invalid_transition: Only active signatures can be deprecated";
  constexpr auto no_program = "invalid_transition: Signature is deprecated";
  constexpr auto in_use = "conflict: The program PROGRAM refers to the "
                          "signature";
  return outcome_table<on_signature_count, all_signature_states.size()>{{
    // draft, active, deprecated
    {"draft", "active", "deprecated"},      // insert_again
    {"active", not_draft, not_draft},       // activate
    {not_active, "deprecated", not_active}, // deprecate
    {"draft", "active", "deprecated"},      // update
    {"ok", "ok", no_program},               // new_program
    {"gone", "gone", "gone"},               // destroy
    {in_use, in_use, in_use},               // destroy_in_use
  }};
}();
static_assert(is_complete(signature_table));

// -- programs -----------------------------------------------------------------

constexpr auto all_program_states = std::array{
  program_status::draft, program_status::initializing, program_status::ready,
  program_status::error, program_status::archived};

constexpr size_t column(program_status x) {
  switch (x) {
    case program_status::draft:
      return 0;
    case program_status::initializing:
      return 1;
    case program_status::ready:
      return 2;
    case program_status::error:
      return 3;
    case program_status::archived:
      return 4;
  }
  throw std::logic_error("not in the table");
}

enum class on_program {
  initialize,
  reinitialize,
  archive,
  become_ready,
  become_error,
  execute,
  create_execution,
  rename,
  change_limits,
  change_backend,
  destroy,
  destroy_with_executions,
  destroy_cascade,
  destroy_draining,
  count,
};

constexpr auto on_program_count = static_cast<size_t>(on_program::count);

constexpr on_program row(program_action x) {
  switch (x) {
    case program_action::initialize:
      return on_program::initialize;
    case program_action::reinitialize:
      return on_program::reinitialize;
    case program_action::archive:
      return on_program::archive;
    case program_action::become_ready:
      return on_program::become_ready;
    case program_action::become_error:
      return on_program::become_error;
  }
  throw std::logic_error("not in the table");
}

constexpr auto program_table = [] {
  constexpr auto not_draft
    = "invalid_transition: Only draft programs can be initialized";
  constexpr auto not_ended
    = "invalid_transition: Only ready or failed programs can be reinitialized";
  constexpr auto busy = "conflict: Program is initializing";
  constexpr auto gone = "invalid_transition: Program is already archived";
  constexpr auto not_begun
    = "invalid_transition: Only initializing programs can become ready or fail";
  constexpr auto draft_runs_not
    = "invalid_transition: Program not ready for execution (status: draft)";
  constexpr auto initializing_runs_not
    = "invalid_transition: Program not ready for execution (status: "
      "initializing)";
  constexpr auto failed
    = "invalid_transition: Program is in error state: no such model";
  constexpr auto archived_runs_not
    = "invalid_transition: Program not ready for execution (status: archived)";
  constexpr auto no_update
    = "invalid_transition: Archived programs cannot be updated";
  constexpr auto reinitialize_it
    = "conflict: A ready program takes other modules, lm or tools with "
      "reinitialize only";
  constexpr auto in_use
    = "conflict: Only draft or archived programs can be destroyed";
  constexpr auto has_rows = "conflict: Program has executions; destroy it with "
                            "cascade to drop them, too";
  constexpr auto drains
    = "conflict: Program is draining: an execution still runs";
  return outcome_table<on_program_count, all_program_states.size()>{{
    // draft, initializing, ready, error, archived
    // initialize
    {"initializing", not_draft, not_draft, not_draft, not_draft},
    // reinitialize
    {not_ended, not_ended, "initializing", "initializing", not_ended},
    // archive
    {"archived", busy, "archived", "archived", gone},
    // become_ready
    {not_begun, "ready", not_begun, not_begun, not_begun},
    // become_error
    {not_begun, "error", not_begun, not_begun, not_begun},
    // execute
    {draft_runs_not, initializing_runs_not, "ok", failed, archived_runs_not},
    // create_execution
    {"ok", "ok", "ok", "ok", archived_runs_not},
    // rename
    {"draft", "initializing", "ready", "error", no_update},
    // change_limits
    {"draft", busy, "ready", "error", no_update},
    // change_backend
    {"draft", busy, reinitialize_it, "error", no_update},
    // destroy
    {"gone", in_use, in_use, in_use, "gone"},
    // destroy_with_executions
    {has_rows, in_use, in_use, in_use, has_rows},
    // destroy_cascade
    {"gone", in_use, in_use, in_use, "gone"},
    // destroy_draining
    {drains, in_use, in_use, in_use, drains},
  }};
}();
static_assert(is_complete(program_table));

// -- executions ---------------------------------------------------------------

constexpr auto all_execution_states
  = std::array{execution_status::pending, execution_status::running,
               execution_status::completed, execution_status::failed};

constexpr size_t column(execution_status x) {
  switch (x) {
    case execution_status::pending:
      return 0;
    case execution_status::running:
      return 1;
    case execution_status::completed:
      return 2;
    case execution_status::failed:
      return 3;
  }
  throw std::logic_error("not in the table");
}

constexpr auto all_steps = std::array{execution_action::mark_running,
                                      execution_action::mark_completed,
                                      execution_action::mark_failed};

constexpr size_t row(execution_action x) {
  switch (x) {
    case execution_action::mark_running:
      return 0;
    case execution_action::mark_completed:
      return 1;
    case execution_action::mark_failed:
      return 2;
  }
  throw std::logic_error("not in the table");
}

constexpr auto not_pending = std::string_view{
  "invalid_transition: Only pending executions can be "
  "started"};
constexpr auto not_running = std::string_view{
  "invalid_transition: Only running executions can be "
  "completed"};
constexpr auto finished
  = std::string_view{"invalid_transition: Execution is already finished"};
constexpr auto not_by_hand = std::string_view{
  "conflict: The execution is run by dspex; only one made "
  "with create_execution is moved by hand"};

using execution_table
  = outcome_table<all_steps.size(), all_execution_states.size()>;

// The outcomes for an execution whose caller runs the model.
constexpr auto own_table = execution_table{{
  // pending, running, completed, failed
  {"running", not_pending, not_pending, not_pending},   // mark_running
  {not_running, "completed", not_running, not_running}, // mark_completed
  {"failed", "failed", finished, finished},             // mark_failed
}};
static_assert(is_complete(own_table));

// The outcomes for an execution that a node runs.
constexpr auto node_table = execution_table{{
  // pending, running, completed, failed
  {not_by_hand, not_by_hand, not_pending, not_pending}, // mark_running
  {not_by_hand, not_by_hand, not_running, not_running}, // mark_completed
  {not_by_hand, not_by_hand, finished, finished},       // mark_failed
}};
static_assert(is_complete(node_table));

template <class T>
std::string outcome(const result<T>& x) {
  return x ? std::string{to_string(x->status)} : refusal(x);
}

std::string outcome(const result<void>& x) {
  return x ? "gone" : refusal(x);
}

std::string replaced(std::string text, const std::string& what,
                     const std::string& by) {
  if (auto pos = text.find(what); pos != std::string::npos)
    text.replace(pos, what.size(), by);
  return text;
}

} // namespace

// -- signatures ---------------------------------------------------------------

TEST_P(StoreConformance, EveryActionOnASignatureInEveryState) {
  static_assert(row(signature_action::activate) == on_signature::activate);
  auto in_use = program_id{};
  auto act = [&](on_signature action, const signature_record& x) {
    switch (action) {
      case on_signature::insert_again: {
        auto same = make_signature(x.module, x.version);
        return outcome(store_->insert_signature(same));
      }
      case on_signature::activate:
        return outcome(
          store_->transition_signature(x.id, signature_action::activate));
      case on_signature::deprecate:
        return outcome(
          store_->transition_signature(x.id, signature_action::deprecate));
      case on_signature::update:
        return outcome(store_->update_signature(x.id, {.name = "new"}));
      case on_signature::new_program:
        return refusal(store_->insert_program(make_program(x.id)));
      case on_signature::destroy:
      case on_signature::destroy_in_use:
        return replaced(outcome(store_->destroy_signature(x.id)),
                        to_string(in_use), "PROGRAM");
      case on_signature::count:
        break;
    }
    return std::string{};
  };
  for (size_t i = 0; i < on_signature_count; ++i) {
    auto action = static_cast<on_signature>(i);
    for (auto state : all_signature_states) {
      SCOPED_TRACE("action " + std::to_string(i) + " in "
                   + std::string{to_string(state)});
      auto uses = action == on_signature::destroy_in_use;
      auto before = signature_in(uses ? signature_status::draft : state);
      if (uses) {
        in_use = must(store_->insert_program(make_program(before.id))).id;
        before = moved(before, state);
      }
      auto expected = signature_table[i][column(state)];
      EXPECT_EQ(act(action, before), expected);
      auto after = store_->get_signature(before.id);
      if (expected == "gone") {
        EXPECT_EQ(refusal(after),
                  "not_found: No signature has the id " + to_string(before.id));
      } else if (signature_status_from_string(expected)) {
        EXPECT_EQ(to_string(must(after).status), expected);
      } else {
        EXPECT_EQ(must(after), before);
      }
    }
  }
}

// -- programs -----------------------------------------------------------------

TEST_P(StoreConformance, EveryActionOnAProgramInEveryState) {
  auto transition = [&](const program_record& x, program_action action) {
    return outcome(store_->transition_program(
      x.id,
      {.action = action,
       .expected_generation = x.generation,
       .node = node_id::make(),
       .backend_program_id = "b",
       .error_code = action == program_action::become_error ? errc::timeout
                                                            : errc::none}));
  };
  auto configured = [](const program_record& x, const char* key, json value) {
    auto changed = *x.configuration;
    changed[key] = std::move(value);
    return program_update{.configuration = document{std::move(changed)}};
  };
  auto act = [&](on_program action, const program_record& x) {
    switch (action) {
      case on_program::initialize:
        return transition(x, program_action::initialize);
      case on_program::reinitialize:
        return transition(x, program_action::reinitialize);
      case on_program::archive:
        return transition(x, program_action::archive);
      case on_program::become_ready:
        return transition(x, program_action::become_ready);
      case on_program::become_error:
        return transition(x, program_action::become_error);
      case on_program::execute:
        return refusal(check_execute(must(store_->get_program(x.id))));
      case on_program::create_execution:
        return refusal(store_->insert_execution(make_by_hand(x.id)));
      case on_program::rename:
        return outcome(store_->update_program(x.id, {.name = "new"}));
      case on_program::change_limits:
        return outcome(
          store_->update_program(x.id, configured(x, "timeout_ms", 7)));
      case on_program::change_backend:
        return outcome(
          store_->update_program(x.id, configured(x, "lm", "another")));
      case on_program::destroy:
      case on_program::destroy_with_executions:
        return outcome(store_->destroy_program(x.id, false));
      case on_program::destroy_cascade:
      case on_program::destroy_draining:
        return outcome(store_->destroy_program(x.id, true));
      case on_program::count:
        break;
    }
    return std::string{};
  };
  for (size_t i = 0; i < on_program_count; ++i) {
    auto action = static_cast<on_program>(i);
    for (auto state : all_program_states) {
      SCOPED_TRACE("action " + std::to_string(i) + " in "
                   + std::string{to_string(state)});
      auto before = program_in(state);
      if (action == on_program::destroy_with_executions
          || action == on_program::destroy_cascade)
        must(store_->write({.finished = {make_completed(before.id)}}));
      if (action == on_program::destroy_draining)
        must(store_->write({.live = {make_running(before.id)}}));
      before = must(store_->get_program(before.id));
      auto expected = program_table[i][column(state)];
      EXPECT_EQ(act(action, before), expected);
      auto after = store_->get_program(before.id);
      if (expected == "gone") {
        EXPECT_EQ(refusal(after),
                  "not_found: No program has the id " + to_string(before.id));
        continue;
      }
      auto next = program_status_from_string(expected);
      auto moves = i <= static_cast<size_t>(row(program_action::become_error));
      EXPECT_EQ(must(after).status, next.value_or(state));
      EXPECT_EQ(must(after).generation,
                before.generation + (moves && next ? 1 : 0));
      if (!next) {
        EXPECT_EQ(must(after), before);
      }
    }
  }
}

// -- executions ---------------------------------------------------------------

TEST_P(StoreConformance, EveryStepOfAnExecutionInEveryState) {
  for (auto by_hand : {true, false}) {
    for (auto action : all_steps) {
      for (auto state : all_execution_states) {
        SCOPED_TRACE("step " + std::to_string(row(action)) + " in "
                     + std::string{to_string(state)}
                     + (by_hand ? "" : " by dspex"));
        auto before = execution_in(state, by_hand);
        auto& table = by_hand ? own_table : node_table;
        auto expected = table[row(action)][column(state)];
        auto got = store_->step_execution(
          before.id, {.action = action,
                      .outputs = document{parse(R"({"answer":"x"})")},
                      .duration_us = 5,
                      .error_message = "broke"});
        EXPECT_EQ(outcome(got), expected);
        auto after = must(store_->get_execution(before.id));
        EXPECT_EQ(after, got ? *got : before);
      }
    }
  }
}

} // namespace dspex::test
