// Calls that change, read and drop records, beyond their lifecycles.

#include "tests/runtime/node_test.hpp"

namespace dspex::test {

using namespace std::chrono_literals;

namespace {

class ClientRecords : public testing::TestWithParam<std::string> {
protected:
  ClientRecords() {
    must(client_.define_module("Test.Qa", "question -> answer"));
  }

  program_record ready_program(json configuration = json::object()) {
    auto made = must(client_.create_program(
      "Test.Qa",
      {.adapter = "mock", .configuration = std::move(configuration)}));
    return must(client_.initialize_program(made.id));
  }

  test_node node_{GetParam()};
  client client_ = node_.client();
};

INSTANTIATE_TEST_SUITE_P(Stores, ClientRecords,
                         testing::Values("memory", "sqlite"),
                         [](auto& x) { return x.param; });

} // namespace

TEST_P(ClientRecords, RecordAModuleUnderAnotherVersion) {
  auto first = must(client_.create_signature_from_module("Test.Qa"));
  auto other = must(
    client_.create_signature_from_module("Test.Qa", "QA", "Next.", "2.1.0"));
  EXPECT_NE(other.id, first.id);
  EXPECT_EQ(other.version, "2.1.0");
  EXPECT_EQ(other.description, "Next.");
  auto ambiguous = client_.get_signature("Test.Qa");
  ASSERT_FALSE(ambiguous);
  EXPECT_EQ(ambiguous.error().code, errc::conflict);
  for (auto& id : {first.id, other.id})
    EXPECT_NE(ambiguous.error().message.find(to_string(id)), std::string::npos);
}

TEST_P(ClientRecords, ChangeOnlyWhatIsGiven) {
  auto made = must(client_.create_signature_from_module("Test.Qa", "A", "B"));
  auto renamed = must(client_.update_signature(made.id, {.name = "New"}));
  EXPECT_EQ(renamed.name, "New");
  EXPECT_EQ(renamed.description, "B");
  EXPECT_EQ(refusal(client_.update_signature(made.id, {.name = " "})),
            "invalid_option: Name must be present");
  auto program = ready_program({{"timeout_ms", 1000}});
  auto again = must(client_.update_program(program.id, {.name = "other"}));
  EXPECT_EQ(again.name, "other");
  EXPECT_EQ(again.configuration, program.configuration);
  EXPECT_EQ(refusal(client_.update_program(program.id, {.name = " "})),
            "invalid_option: Name must be present");
}

TEST_P(ClientRecords, ReinitializeAProgramWithAnotherConfiguration) {
  auto program = ready_program({{"lm", {{"seed", 1}}}});
  auto again = must(
    client_.reinitialize_program(program.id, json{{"lm", {{"seed", 2}}}}));
  EXPECT_EQ(again.status, program_status::ready);
  EXPECT_EQ((*again.configuration)["lm"]["seed"], 2);
  must(client_.execute_program(program.id, {{"question", "?"}}));
  auto bad = client_.reinitialize_program(program.id, json{{"modle", 1}});
  EXPECT_EQ(bad.error().code, errc::invalid_option);
  EXPECT_EQ(must(client_.get_program(program.id)).status,
            program_status::ready);
}

TEST_P(ClientRecords, TakeAnExecutionByHandToItsEnd) {
  auto program = must(client_.create_program("Test.Qa", {.adapter = "mock"}));
  auto bad = client_.create_execution(program.id, {{"wrong", "?"}});
  EXPECT_EQ(bad.error().code, errc::invalid_input);
  auto made = must(
    client_.create_execution(program.id, {{"question", "?"}}, {{"ticket", 7}}));
  EXPECT_EQ(made.status, execution_status::pending);
  EXPECT_EQ((*made.metadata)["ticket"], 7);
  EXPECT_TRUE(must(client_.mark_running(made.id)).started_at);
  EXPECT_EQ(client_.mark_completed(made.id, {{"wrong", "!"}}, 5ms).error().code,
            errc::invalid_output);
  auto ended = must(client_.mark_completed(made.id, {{"answer", "!"}}, 1234us));
  EXPECT_EQ(ended.status, execution_status::completed);
  EXPECT_EQ(ended.duration_us, 1234);
  EXPECT_EQ((*ended.outputs)["answer"], "!");
  EXPECT_EQ(must(client_.get_execution(made.id)), ended);
  auto failed = must(client_.create_execution(program.id, {{"question", "?"}}));
  auto lost
    = must(client_.mark_failed(failed.id, "Model gone", 2ms, errc::timeout));
  EXPECT_EQ(lost.error_code, errc::timeout);
  EXPECT_EQ(lost.error_message, "Model gone");
  auto totals = must(client_.get_program_statistics(program.id));
  EXPECT_EQ(totals.successful_executions, 1u);
  EXPECT_EQ(totals.failed_executions, 1u);
}

TEST_P(ClientRecords, PruneAndKeepTheTotals) {
  auto kept = ready_program();
  auto pruned = ready_program();
  for (auto& id : {kept.id, pruned.id})
    for (auto i = 0; i < 3; ++i)
      must(client_.execute_program(id, {{"question", "?"}}));
  must(client_.update_program(pruned.id, {.name = "old"}));
  auto moment = now() + 1h;
  EXPECT_EQ(must(client_.prune(moment - 2h)), 0u);
  EXPECT_EQ(must(client_.prune(moment, "old")), 3u);
  EXPECT_EQ(must(client_.recent_executions()).items.size(), 3u);
  auto after = must(client_.get_program(pruned.id));
  EXPECT_EQ(after.completed_count, 3u);
  EXPECT_EQ(after.pruned_completed, 3u);
  EXPECT_EQ(must(client_.prune(moment)), 3u);
  EXPECT_TRUE(must(client_.recent_executions()).items.empty());
  EXPECT_EQ(client_.prune(moment, "nobody").error().code, errc::not_found);
}

TEST_P(ClientRecords, HideTheProgramOfAQuickRun) {
  auto first = must(
    client_.quick_execute("Test.Qa", {{"question", "a"}}, {.adapter = "mock"}));
  must(client_.quick_execute("Test.Qa", {{"question", "b"}},
                             {.adapter = "mock", .options = {}}));
  EXPECT_TRUE(must(client_.list_programs()).items.empty());
  auto filter = program_filter{};
  filter.include_ephemeral = true;
  auto hidden = must(client_.list_programs(filter));
  ASSERT_EQ(hidden.items.size(), 1u);
  EXPECT_TRUE(hidden.items[0].ephemeral);
  EXPECT_EQ(must(client_.get_execution(first.id)).program_id,
            hidden.items[0].id);
  // Forgotten by the backend after each run.
  wait_until([&] { return node_.script().count(mock_call::kind::erase) == 2; });
  auto bad = client_.quick_execute("Test.Qa", {{"wrong", "a"}},
                                   {.adapter = "mock"});
  EXPECT_EQ(bad.error().code, errc::invalid_input);
}

TEST_P(ClientRecords, AnswerARepeatedRequestFromTheFirst) {
  auto program = ready_program();
  auto options = json{{"idempotency_key", "ticket-1"}};
  auto first
    = must(client_.execute_program(program.id, {{"question", "?"}}, options));
  auto again
    = must(client_.execute_program(program.id, {{"question", "?"}}, options));
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.outputs, first.outputs);
  EXPECT_EQ(node_.script().count(mock_call::kind::execute), 1u);
  auto other = client_.execute_program(program.id, {{"question", "!"}},
                                       options);
  EXPECT_EQ(other.error().code, errc::conflict);
}

} // namespace dspex::test
