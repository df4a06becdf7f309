// The tables of states and actions, whole, as a client meets them: every
// action in every state, on every store. A missing cell does not compile.

#include <array>
#include <optional>
#include <type_traits>

#include "tests/runtime/node_test.hpp"

namespace dspex::test {

using namespace std::chrono_literals;

namespace {

// -- tables -------------------------------------------------------------------

struct destroyed {};

/// The answer of an action in a state, and the state that it leaves behind.
template <class Status>
struct cell {
  consteval cell(Status to) : after(to) {
  }

  consteval cell(destroyed) : gone(true) {
  }

  /// A refusal, which leaves the state as it is.
  consteval cell(errc why, std::string_view text) : code(why), message(text) {
  }

  std::optional<Status> after{};
  bool gone = false;
  errc code = errc::none;
  std::string_view message{};

  [[nodiscard]] std::string answer() const {
    return code == errc::none ? "ok"
                              : to_string(error{code, std::string{message}});
  }

  [[nodiscard]] std::string state_after(Status before) const {
    if (gone)
      return "gone";
    return std::string{to_string(after.value_or(before))};
  }
};

template <class Action, class Status, size_t States>
struct row {
  Action action;
  std::array<cell<Status>, States> cells;
};

template <class Action, class Status, size_t States, size_t Actions>
using table = std::array<row<Action, Status, States>, Actions>;

// Fewer cells or rows than that would have to be filled in by these.
static_assert(!std::is_default_constructible_v<cell<program_status>>);
static_assert(!std::is_default_constructible_v<row<int, program_status, 5>>);

constexpr auto invalid = errc::invalid_transition;
constexpr auto conflict = errc::conflict;

// -- signatures ---------------------------------------------------------------

enum class signature_call {
  from_module,
  from_module_with_other_content,
  activate,
  deprecate,
  update,
  new_program,
  destroy,
  destroy_in_use,
};

constexpr auto signature_states = std::array{signature_status::draft,
                                             signature_status::active,
                                             signature_status::deprecated};

constexpr auto signature_table = [] {
  using enum signature_status;
  using c = cell<signature_status>;
  constexpr auto differs
    = c{conflict, "{module} 1.0.0 is recorded with different outputs"};
  constexpr auto not_draft = c{invalid,
                               "Only draft signatures can be activated"};
  constexpr auto not_active = c{invalid,
                                "Only active signatures can be deprecated"};
  constexpr auto in_use = c{conflict,
                            "The program {program} refers to the signature"};
  using enum signature_call;
  return table<signature_call, signature_status, 3, 8>{{
    // draft, active, deprecated
    {from_module, {draft, active, deprecated}},
    {from_module_with_other_content, {differs, differs, differs}},
    {activate, {active, not_draft, not_draft}},
    {signature_call::deprecate, {not_active, deprecated, not_active}},
    {update, {draft, active, deprecated}},
    {new_program, {draft, active, c{invalid, "Signature is deprecated"}}},
    {destroy, {destroyed{}, destroyed{}, destroyed{}}},
    {destroy_in_use, {in_use, in_use, in_use}},
  }};
}();

// -- programs -----------------------------------------------------------------

enum class program_call {
  initialize,
  reinitialize,
  execute,
  archive,
  rename,
  change_limits,
  change_backend,
  create_execution,
  destroy,
  destroy_with_executions,
  destroy_with_executions_cascading,
};

constexpr auto program_states = std::array{
  program_status::draft, program_status::initializing, program_status::ready,
  program_status::error, program_status::archived};

constexpr auto program_table = [] {
  using enum program_status;
  using c = cell<program_status>;
  constexpr auto not_draft = c{invalid,
                               "Only draft programs can be initialized"};
  constexpr auto not_ended
    = c{invalid, "Only ready or failed programs can be reinitialized"};
  constexpr auto busy = c{conflict, "Program is initializing"};
  constexpr auto gone = c{invalid, "Archived programs cannot be updated"};
  constexpr auto in_use = c{conflict,
                            "Only draft or archived programs can be destroyed"};
  constexpr auto has_runs
    = c{conflict, "Program has executions; destroy it with cascade to drop "
                  "them, too"};
  using call = program_call;
  return table<program_call, program_status, 5, 11>{{
    // draft, initializing, ready, error, archived
    {call::initialize, {ready, not_draft, not_draft, not_draft, not_draft}},
    {call::reinitialize, {not_ended, not_ended, ready, ready, not_ended}},
    {call::execute,
     {c{invalid, "Program not ready for execution (status: draft)"},
      c{invalid, "Program not ready for execution (status: initializing)"},
      ready, c{invalid, "Program is in error state: No such model"},
      c{invalid, "Program not ready for execution (status: archived)"}}},
    {call::archive,
     {archived, busy, archived, archived,
      c{invalid, "Program is already archived"}}},
    {call::rename, {draft, initializing, ready, error, gone}},
    {call::change_limits, {draft, busy, ready, error, gone}},
    {call::change_backend,
     {draft, busy,
      c{conflict, "A ready program takes other modules, lm or tools with "
                  "reinitialize only"},
      error, gone}},
    {call::create_execution,
     {draft, initializing, ready, error,
      c{invalid, "Program not ready for execution (status: archived)"}}},
    {call::destroy, {destroyed{}, in_use, in_use, in_use, destroyed{}}},
    {call::destroy_with_executions,
     {has_runs, in_use, in_use, in_use, has_runs}},
    {call::destroy_with_executions_cascading,
     {destroyed{}, in_use, in_use, in_use, destroyed{}}},
  }};
}();

// -- executions ---------------------------------------------------------------

enum class execution_call { mark_running, mark_completed, mark_failed, cancel };

constexpr auto execution_states
  = std::array{execution_status::pending, execution_status::running,
               execution_status::completed, execution_status::failed};

constexpr auto execution_table = [] {
  using enum execution_status;
  using c = cell<execution_status>;
  constexpr auto not_pending = c{invalid,
                                 "Only pending executions can be started"};
  constexpr auto not_running = c{invalid,
                                 "Only running executions can be completed"};
  constexpr auto finished = c{invalid, "Execution is already finished"};
  using call = execution_call;
  return table<execution_call, execution_status, 4, 4>{{
    // pending, running, completed, failed
    {call::mark_running, {running, not_pending, not_pending, not_pending}},
    {call::mark_completed, {not_running, completed, not_running, not_running}},
    {call::mark_failed, {failed, failed, finished, finished}},
    {call::cancel, {failed, failed, finished, finished}},
  }};
}();

// Each row stands at the number of its action, and none is left out.
template <class Action, class Status, size_t States, size_t Actions>
constexpr bool
is_whole(const table<Action, Status, States, Actions>& rows, Action last) {
  for (size_t i = 0; i < rows.size(); ++i)
    if (static_cast<size_t>(rows[i].action) != i)
      return false;
  return rows.back().action == last;
}

static_assert(is_whole(signature_table, signature_call::destroy_in_use));
static_assert(is_whole(program_table,
                       program_call::destroy_with_executions_cascading));
static_assert(is_whole(execution_table, execution_call::cancel));

// -- records in a state -------------------------------------------------------

// No `default` in these: the compiler names a state or action that is missing.

class LifecycleTable : public testing::TestWithParam<std::string> {
protected:
  // Modules of their own keep the cells apart.
  std::string new_module() {
    auto name = "Test.M" + std::to_string(++modules_);
    must(client_.define_module(name, "question -> answer"));
    return name;
  }

  signature_record signature_in(const std::string& module,
                                signature_status status, bool in_use) {
    auto made = must(client_.create_signature_from_module(module));
    if (in_use)
      user_ = must(client_.create_program(module, {.adapter = "mock"})).id;
    switch (status) {
      case signature_status::draft:
        return made;
      case signature_status::active:
        return must(client_.activate_signature(made.id));
      case signature_status::deprecated:
        must(client_.activate_signature(made.id));
        return must(client_.deprecate_signature(made.id));
    }
    throw std::logic_error("no such state");
  }

  result<void> apply(signature_call what, const std::string& module,
                     signature_id id) {
    auto nothing = [](auto&&) {};
    switch (what) {
      case signature_call::from_module:
        return client_.create_signature_from_module(module, "Another")
          .map([&](const signature_record& x) { EXPECT_EQ(x.id, id); });
      case signature_call::from_module_with_other_content:
        must(client_.define_module(module, "question -> other"));
        return client_.create_signature_from_module(module).map(nothing);
      case signature_call::activate:
        return client_.activate_signature(id).map(nothing);
      case signature_call::deprecate:
        return client_.deprecate_signature(id).map(nothing);
      case signature_call::update:
        return client_.update_signature(id, {.name = "New", .description = "D"})
          .map([](const signature_record& x) {
            EXPECT_EQ(x.name, "New");
            EXPECT_EQ(x.description, "D");
          });
      case signature_call::new_program:
        return client_.create_program(module, {.adapter = "mock"}).map(nothing);
      case signature_call::destroy:
      case signature_call::destroy_in_use:
        return client_.destroy_signature(id);
    }
    throw std::logic_error("no such action");
  }

  program_record program_in(program_status status, bool with_executions) {
    auto options = program_options{};
    options.adapter = status == program_status::initializing ? "slow" : "mock";
    auto made = must(client_.create_program(new_module(), options));
    if (with_executions)
      must(client_.create_execution(made.id, {{"question", "?"}}));
    switch (status) {
      case program_status::draft:
        return made;
      case program_status::initializing:
        // The adapter `slow` never ends the initialization, so the test does
        // not wait for it.
        static_cast<void>(client_.initialize_program_async(made.id));
        wait_until([&] { return status_of(made.id) == "initializing"; });
        return must(client_.get_program(made.id));
      case program_status::ready:
        return must(client_.initialize_program(made.id));
      case program_status::error:
        node_.script().push_create({errc::backend_failed, "No such model"});
        EXPECT_EQ(refusal(client_.initialize_program(made.id)),
                  "backend_failed: No such model");
        return must(client_.get_program(made.id));
      case program_status::archived:
        return must(client_.archive_program(made.id));
    }
    throw std::logic_error("no such state");
  }

  result<void> apply(program_call what, program_id id) {
    auto nothing = [](auto&&) {};
    auto input = json{{"question", "?"}};
    switch (what) {
      case program_call::initialize:
        return client_.initialize_program(id).map(nothing);
      case program_call::reinitialize:
        return client_.reinitialize_program(id).map(nothing);
      case program_call::execute:
        return client_.execute_program(id, input).map(nothing);
      case program_call::archive:
        return client_.archive_program(id).map(nothing);
      case program_call::rename:
        return client_.update_program(id, {.name = "new"})
          .map([](const program_record& x) { EXPECT_EQ(x.name, "new"); });
      case program_call::change_limits:
        return client_.update_program(id, change({{"max_queue", 7}}))
          .map([](const program_record& x) {
            EXPECT_EQ((*x.configuration)["max_queue"], 7);
          });
      case program_call::change_backend:
        return client_.update_program(id, change({{"lm", {{"seed", 7}}}}))
          .map(nothing);
      case program_call::create_execution:
        return client_.create_execution(id, input).map(nothing);
      case program_call::destroy:
      case program_call::destroy_with_executions:
        return client_.destroy_program(id);
      case program_call::destroy_with_executions_cascading:
        return client_.destroy_program(id, {.cascade = true});
    }
    throw std::logic_error("no such action");
  }

  static program_changes change(json configuration) {
    auto out = program_changes{};
    out.configuration = std::move(configuration);
    return out;
  }

  execution_record execution_in(program_id program, execution_status status) {
    auto made = must(client_.create_execution(program, {{"question", "?"}}));
    switch (status) {
      case execution_status::pending:
        return made;
      case execution_status::running:
        return must(client_.mark_running(made.id));
      case execution_status::completed:
        must(client_.mark_running(made.id));
        return must(client_.mark_completed(made.id, {{"answer", "!"}}, 5ms));
      case execution_status::failed:
        return must(client_.mark_failed(made.id, "No luck", 5ms));
    }
    throw std::logic_error("no such state");
  }

  result<void> apply(execution_call what, execution_id id) {
    auto nothing = [](auto&&) {};
    switch (what) {
      case execution_call::mark_running:
        return client_.mark_running(id).map(nothing);
      case execution_call::mark_completed:
        return client_.mark_completed(id, {{"answer", "!"}}, 7ms).map(nothing);
      case execution_call::mark_failed:
        return client_.mark_failed(id, "No luck", 7ms).map(nothing);
      case execution_call::cancel:
        return client_.cancel(id);
    }
    throw std::logic_error("no such action");
  }

  template <class Record>
  static std::string status_word(const result<Record>& found) {
    if (found)
      return std::string{to_string(found->status)};
    return found.error().code == errc::not_found ? "gone"
                                                 : to_string(found.error());
  }

  std::string status_of(signature_id id) {
    return status_word(client_.get_signature(id));
  }

  std::string status_of(program_id id) {
    return status_word(client_.get_program(id));
  }

  std::string status_of(execution_id id) {
    return status_word(client_.get_execution(id));
  }

  int modules_ = 0;
  // The program of the last signature in use.
  program_id user_;
  test_node node_{GetParam()};
  client client_ = node_.client();
};

INSTANTIATE_TEST_SUITE_P(Stores, LifecycleTable,
                         testing::Values("memory", "sqlite"),
                         [](auto& x) { return x.param; });

template <class Action, class Status>
std::string where(Action action, Status state) {
  return "action " + std::to_string(static_cast<int>(action)) + " in state "
         + std::string{to_string(state)};
}

std::string fill_in(std::string text, std::string_view place,
                    const std::string& value) {
  if (auto at = text.find(place); at != std::string::npos)
    text.replace(at, place.size(), value);
  return text;
}

} // namespace

// -- the tests ----------------------------------------------------------------

TEST_P(LifecycleTable, HoldsForSignatures) {
  for (auto& [action, cells] : signature_table) {
    for (size_t i = 0; i < cells.size(); ++i) {
      auto state = signature_states[i];
      SCOPED_TRACE(where(action, state));
      auto module = new_module();
      auto in_use = action == signature_call::destroy_in_use;
      auto record = signature_in(module, state, in_use);
      auto expected = fill_in(cells[i].answer(), "{module}", module);
      expected = fill_in(expected, "{program}", to_string(user_));
      EXPECT_EQ(refusal(apply(action, module, record.id)), expected);
      EXPECT_EQ(status_of(record.id), cells[i].state_after(state));
    }
  }
}

TEST_P(LifecycleTable, HoldsForPrograms) {
  for (auto& [action, cells] : program_table) {
    for (size_t i = 0; i < cells.size(); ++i) {
      auto state = program_states[i];
      SCOPED_TRACE(where(action, state));
      auto record = program_in(state,
                               action >= program_call::destroy_with_executions);
      EXPECT_EQ(refusal(apply(action, record.id)), cells[i].answer());
      EXPECT_EQ(status_of(record.id), cells[i].state_after(state));
      if (!cells[i].after)
        continue;
      // Only a transition counts as one.
      auto after = must(client_.get_program(record.id));
      if (after.status == state && action != program_call::reinitialize) {
        EXPECT_EQ(after.generation, record.generation);
      } else {
        EXPECT_GT(after.generation, record.generation);
      }
    }
  }
}

TEST_P(LifecycleTable, HoldsForExecutions) {
  auto program = program_in(program_status::draft, false);
  for (auto& [action, cells] : execution_table) {
    for (size_t i = 0; i < cells.size(); ++i) {
      auto state = execution_states[i];
      SCOPED_TRACE(where(action, state));
      auto before = execution_in(program.id, state);
      auto refused = cells[i].code != errc::none;
      EXPECT_EQ(refusal(apply(action, before.id)), cells[i].answer());
      EXPECT_EQ(status_of(before.id), cells[i].state_after(state));
      if (refused) {
        EXPECT_EQ(must(client_.get_execution(before.id)), before);
      }
    }
  }
}

// No step by hand touches what a node runs.
TEST_P(LifecycleTable, KeepsHandsOffTheExecutionsOfANode) {
  auto program
    = must(client_.create_program(new_module(), {.adapter = "endless"}));
  must(client_.initialize_program(program.id));
  auto run = client_.execute_program_async(program.id, {{"question", "?"}});
  wait_until([&] { return status_of(run.id()) == "running"; });
  for (auto step :
       {execution_call::mark_running, execution_call::mark_completed,
        execution_call::mark_failed}) {
    auto refused = apply(step, run.id());
    ASSERT_FALSE(refused) << static_cast<int>(step);
    EXPECT_EQ(refused.error().code, errc::conflict)
      << to_string(refused.error());
  }
  must(run.cancel());
  EXPECT_EQ(run.get().error().code, errc::cancelled);
  EXPECT_EQ(refusal(apply(execution_call::mark_failed, run.id())),
            "invalid_transition: Execution is already finished");
}

} // namespace dspex::test
