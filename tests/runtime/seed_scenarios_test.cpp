// The first scenarios of the design, in the order in which the design has them:
// signatures, programs, and the calls that bring them together.

#include "tests/runtime/node_test.hpp"

namespace dspex::test {

namespace {

class Scenario : public testing::TestWithParam<std::string> {
protected:
  Scenario() {
    must(client_.define_module("Scenario.Qa",
                               "question -> answer, confidence: float"));
  }

  program_record create_program() {
    return must(client_.create_program(
      "Scenario.Qa", {.name = "Test Program", .adapter = "mock"}));
  }

  program_record ready_program() {
    return must(client_.initialize_program(create_program().id));
  }

  test_node node_{GetParam()};
  client client_ = node_.client();
};

INSTANTIATE_TEST_SUITE_P(Stores, Scenario, testing::Values("memory", "sqlite"),
                         [](auto& x) { return x.param; });

} // namespace

// -- signatures ---------------------------------------------------------------

TEST_P(Scenario, CreatesASignatureFromAModule) {
  auto signature = must(client_.create_signature_from_module(
    "Scenario.Qa", "Test QA Signature", "A test signature for Q&A"));
  EXPECT_EQ(signature.name, "Test QA Signature");
  EXPECT_EQ(signature.description, "A test signature for Q&A");
  EXPECT_EQ(signature.module, "Scenario.Qa");
  EXPECT_EQ(signature.inputs->size(), 1u);
  EXPECT_EQ(signature.outputs->size(), 2u);
  EXPECT_EQ(signature.status, signature_status::draft);
}

TEST_P(Scenario, ValidatesASignatureModule) {
  EXPECT_TRUE(must(client_.validate_module("Scenario.Qa")));
  EXPECT_FALSE(must(client_.validate_module("Scenario.NonExistent")));
}

TEST_P(Scenario, ActivatesADraftSignature) {
  auto signature = must(client_.create_signature_from_module("Scenario.Qa"));
  auto activated = must(client_.activate_signature(signature.id));
  EXPECT_EQ(activated.status, signature_status::active);
}

TEST_P(Scenario, PreventsActivatingASignatureThatIsNoDraft) {
  auto signature = must(client_.create_signature_from_module("Scenario.Qa"));
  must(client_.activate_signature(signature.id));
  EXPECT_EQ(refusal(client_.activate_signature(signature.id)),
            "invalid_transition: Only draft signatures can be activated");
}

// -- programs -----------------------------------------------------------------

TEST_P(Scenario, CreatesAProgramWithItsSignature) {
  auto program = create_program();
  EXPECT_EQ(program.name, "Test Program");
  EXPECT_EQ(program.adapter_type, "mock");
  EXPECT_EQ(program.status, program_status::draft);
  EXPECT_EQ(program.signature.module, "Scenario.Qa");
}

TEST_P(Scenario, InitializesAProgramWithItsAdapter) {
  auto program = must(client_.initialize_program(create_program().id));
  EXPECT_EQ(program.status, program_status::ready);
  EXPECT_FALSE(program.backend_program_id.empty());
  // The name that the attribute has had elsewhere.
  EXPECT_EQ(to_json(program)["dspy_program_id"], program.backend_program_id);
}

TEST_P(Scenario, ExecutesAProgramWithValidInputs) {
  auto program = ready_program();
  auto run
    = must(client_.execute_program(program.id, {{"question", "What is 2+2?"}}));
  EXPECT_TRUE(run.outputs->contains("answer"));
}

TEST_P(Scenario, RejectsAnExecutionWithInvalidInputs) {
  auto program = ready_program();
  auto run = client_.execute_program(program.id, {{"wrong_field", "test"}});
  EXPECT_EQ(refusal(run), "invalid_input: Input validation failed: Missing "
                          "field: question; Unknown field: wrong_field");
}

TEST_P(Scenario, TracksExecutionStatistics) {
  auto program = ready_program();
  for (auto i = 0; i < 3; ++i)
    must(client_.execute_program(program.id, {{"question", "test"}}));
  auto stats = must(client_.get_stats(program.id));
  EXPECT_EQ(stats.id, program.id);
  EXPECT_EQ(stats.name, "Test Program");
  EXPECT_EQ(stats.status, program_status::ready);
  EXPECT_EQ(stats.adapter_type, "mock");
  EXPECT_EQ(stats.backend_program_id, program.backend_program_id);
  EXPECT_EQ(stats.execution_count, 3u);
  EXPECT_TRUE(stats.last_executed_at);
}

// -- calls of convenience -----------------------------------------------------

TEST_P(Scenario, ExecutesAModuleQuickly) {
  auto run = must(client_.quick_execute(
    "Scenario.Qa", {{"question", "What is 2+2?"}}, {.adapter = "mock"}));
  EXPECT_TRUE(run.outputs->contains("answer"));
  auto record = must(client_.get_execution(run.id));
  EXPECT_EQ(record.status, execution_status::completed);
  EXPECT_EQ(record.outputs, run.outputs);
}

TEST_P(Scenario, ListsTheActiveSignatures) {
  must(client_.define_module("Scenario.Other", "a -> b"));
  must(client_.create_signature_from_module("Scenario.Other"));
  auto signature = must(client_.create_signature_from_module("Scenario.Qa"));
  must(client_.activate_signature(signature.id));
  auto active = must(client_.list_active_signatures());
  ASSERT_EQ(active.items.size(), 1u);
  EXPECT_EQ(active.items[0].id, signature.id);
}

TEST_P(Scenario, CountsWhatSucceededAndWhatFailed) {
  auto program = ready_program();
  auto none = must(client_.get_program_statistics(program.id));
  EXPECT_EQ(none.total_executions, 0u);
  EXPECT_EQ(none.success_rate, 0);
  EXPECT_FALSE(none.average_duration_ms);
  for (auto i = 0; i < 3; ++i)
    must(client_.execute_program(program.id, {{"question", "test"}}));
  EXPECT_FALSE(client_.execute_program(program.id, {{"question", 7}}));
  auto some = must(client_.get_program_statistics(program.id));
  EXPECT_EQ(some.total_executions, 4u);
  EXPECT_EQ(some.successful_executions, 3u);
  EXPECT_EQ(some.failed_executions, 1u);
  EXPECT_EQ(some.success_rate, 0.75);
  EXPECT_TRUE(some.average_duration_ms);
  EXPECT_EQ(must(client_.executions_by_program(program.id)).items.size(), 4u);
}

} // namespace dspex::test
