// The facade on an embedded node.

#include <gtest/gtest.h>

#include "dspex/dspex.hpp"

namespace dspex::test {

using namespace std::chrono_literals;

namespace {

class ClientTest : public testing::Test {
protected:
  ClientTest() : node_(runtime::start({.store_url = "memory:"}).value()) {
  }

  program_record make_program(json configuration = json::object()) {
    EXPECT_TRUE(client_.define_module(
      "Test.Qa", "question: str -> answer: str, confidence: float(min=0, "
                 "max=1)"));
    auto made = client_.create_program(
      "Test.Qa",
      {.adapter = "mock", .configuration = std::move(configuration)});
    EXPECT_TRUE(made) << to_string(made.error());
    return *made;
  }

  program_record make_ready(json configuration = json::object()) {
    auto made = make_program(std::move(configuration));
    auto ready = client_.initialize_program(made.id);
    EXPECT_TRUE(ready) << to_string(ready.error());
    return *ready;
  }

  runtime node_;
  client client_ = node_.client();
};

} // namespace

TEST_F(ClientTest, RecordsASignatureOnce) {
  ASSERT_TRUE(client_.define_module("Test.Qa", "question -> answer"));
  auto first = client_.create_signature_from_module("Test.Qa", "QA");
  ASSERT_TRUE(first) << to_string(first.error());
  EXPECT_EQ(first->name, "QA");
  EXPECT_EQ(first->module, "Test.Qa");
  EXPECT_EQ(first->version, "1.0.0");
  EXPECT_EQ(first->status, signature_status::draft);
  auto second = client_.create_signature_from_module("Test.Qa", "other");
  ASSERT_TRUE(second);
  EXPECT_EQ(*second, *first);
}

TEST_F(ClientTest, RefusesOtherContentUnderTheSameVersion) {
  ASSERT_TRUE(client_.define_module("Test.Qa", "question -> answer"));
  ASSERT_TRUE(client_.create_signature_from_module("Test.Qa"));
  ASSERT_TRUE(client_.define_module("Test.Qa", "question -> answer: int"));
  auto again = client_.create_signature_from_module("Test.Qa");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::conflict);
  EXPECT_EQ(again.error().message,
            "Test.Qa 1.0.0 is recorded with different outputs");
}

TEST_F(ClientTest, MovesASignatureThroughItsLifecycle) {
  ASSERT_TRUE(client_.define_module("Test.Qa", "question -> answer"));
  auto made = client_.create_signature_from_module("Test.Qa");
  ASSERT_TRUE(made);
  auto active = client_.activate_signature(made->id);
  ASSERT_TRUE(active);
  EXPECT_EQ(active->status, signature_status::active);
  EXPECT_EQ(client_.list_active_signatures()->items.size(), 1u);
  auto again = client_.activate_signature("Test.Qa");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::invalid_transition);
  EXPECT_EQ(again.error().message, "Only draft signatures can be activated");
  ASSERT_TRUE(client_.deprecate_signature(made->id));
  auto program = client_.create_program("Test.Qa", {.adapter = "mock"});
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().message, "Signature is deprecated");
}

TEST_F(ClientTest, TellsWhyAModuleCannotBeUsed) {
  EXPECT_FALSE(*client_.validate_module("Test.Unknown"));
  auto report = client_.explain_module("not a module");
  ASSERT_TRUE(report);
  ASSERT_EQ(report->reasons.size(), 1u);
  EXPECT_EQ(report->reasons[0], "Invalid signature module: Module must be a "
                                "valid module name");
  auto program = client_.create_program("Test.Unknown", {.adapter = "mock"});
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().code, errc::unknown_module);
  EXPECT_EQ(program.error().message, "Failed to create signature: Unknown "
                                     "signature module: Test.Unknown");
}

TEST_F(ClientTest, RefusesAnUnknownAdapterAndNamesTheKnownOnes) {
  ASSERT_TRUE(client_.define_module("Test.Qa", "question -> answer"));
  auto made = client_.create_program("Test.Qa", {.adapter = "nope"});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, errc::invalid_option);
  EXPECT_EQ(made.error().message,
            "Unknown adapter: nope (known: mock, native, python_port)");
}

TEST_F(ClientTest, RunsAProgramAndRecordsIt) {
  auto program = make_ready();
  EXPECT_EQ(program.status, program_status::ready);
  EXPECT_FALSE(program.backend_program_id.empty());
  auto run = client_.execute_program(program.id, {{"question", "2+2?"}},
                                     {{"metadata", {{"ticket", 7}}}});
  ASSERT_TRUE(run) << to_string(run.error());
  EXPECT_TRUE(run->outputs->contains("answer"));
  auto record = client_.get_execution(run->id);
  ASSERT_TRUE(record) << to_string(record.error());
  EXPECT_EQ(record->status, execution_status::completed);
  EXPECT_EQ(*record->inputs, (json{{"question", "2+2?"}}));
  EXPECT_EQ(record->outputs, run->outputs);
  EXPECT_EQ(record->duration_us, run->duration_us);
  EXPECT_EQ((*record->metadata)["adapter_type"], "mock");
  EXPECT_EQ((*record->metadata)["module"], "Test.Qa");
  EXPECT_EQ((*record->metadata)["ticket"], 7);
  EXPECT_EQ(record->node, node_.node());
  auto statistics = client_.get_program_statistics(program.id);
  ASSERT_TRUE(statistics);
  EXPECT_EQ(statistics->total_executions, 1u);
  EXPECT_EQ(statistics->success_rate, 1.0);
  auto after = client_.get_program("Test.Qa");
  ASSERT_TRUE(after);
  EXPECT_EQ(after->execution_count(), 1u);
  EXPECT_TRUE(after->last_executed_at);
}

TEST_F(ClientTest, RecordsARunWithBadInputsAsFailed) {
  auto program = make_ready();
  auto run = client_.execute_program(program.id, {{"wrong_field", "x"}});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, errc::invalid_input);
  EXPECT_EQ(run.error().message, "Input validation failed: Missing field: "
                                 "question; Unknown field: wrong_field");
  auto id = execution_id::parse(
    run.error().details["execution_id"].get<std::string>());
  ASSERT_TRUE(id);
  auto record = client_.get_execution(*id);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->status, execution_status::failed);
  EXPECT_EQ(record->error_code, errc::invalid_input);
  EXPECT_EQ(record->error_message, run.error().message);
}

TEST_F(ClientTest, RunsNothingBeforeTheProgramIsReady) {
  auto program = make_program();
  auto run = client_.execute_program(program.id, {{"question", "x"}});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, errc::invalid_transition);
  EXPECT_EQ(run.error().message,
            "Program not ready for execution (status: draft)");
  EXPECT_TRUE(client_.recent_executions()->items.empty());
}

TEST_F(ClientTest, CancelsARunThatIsUnderWay) {
  auto program = make_ready({{"lm", {{"latency_ms", 60'000}}}});
  auto run = client_.execute_program_async(program.id, {{"question", "x"}});
  while (!client_.get_execution(run.id()))
    ASSERT_NE(run.future().wait_for(0s), std::future_status::ready);
  ASSERT_TRUE(run.cancel());
  auto outcome = run.get();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, errc::cancelled);
  EXPECT_EQ(client_.get_execution(run.id())->error_code, errc::cancelled);
  auto again = run.cancel();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message, "Execution is already finished");
}

TEST_F(ClientTest, CancelsARunThatWasOnlyJustStarted) {
  auto program = make_ready({{"lm", {{"latency_ms", 60'000}}}});
  for (int i = 0; i < 200; ++i) {
    auto run = client_.execute_program_async(program.id, {{"question", "x"}});
    auto ok = run.cancel();
    ASSERT_TRUE(ok) << to_string(ok.error());
    EXPECT_EQ(run.get().error().code, errc::cancelled);
  }
}

TEST_F(ClientTest, EndsARunAtItsDeadline) {
  auto program = make_ready({{"lm", {{"latency_ms", 60'000}}}});
  auto run = client_.execute_program(program.id, {{"question", "x"}},
                                     {{"timeout_ms", 20}});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, errc::timeout);
}

TEST_F(ClientTest, ArchivesAProgram) {
  auto program = make_ready();
  auto archived = client_.archive_program(program.id);
  ASSERT_TRUE(archived) << to_string(archived.error());
  EXPECT_EQ(archived->status, program_status::archived);
  auto run = client_.execute_program(program.id, {{"question", "x"}});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().message,
            "Program not ready for execution (status: archived)");
  auto again = client_.archive_program(program.id);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message, "Program is already archived");
}

TEST_F(ClientTest, ListsByPages) {
  auto program = make_ready();
  for (int i = 0; i < 25; ++i)
    ASSERT_TRUE(client_.execute_program(program.id, {{"question", "x"}}));
  auto seen = std::vector<execution_id>{};
  auto where = page_request{.limit = 10};
  do {
    auto found = client_.executions_by_program(program.id, {}, where);
    ASSERT_TRUE(found) << to_string(found.error());
    for (auto& x : found->items)
      seen.push_back(x.id);
    where.cursor = found->next;
  } while (!where.cursor.empty());
  EXPECT_EQ(seen.size(), 25u);
  EXPECT_TRUE(std::is_sorted(seen.rbegin(), seen.rend()));
}

TEST_F(ClientTest, NamesWhatIsWrongWithARequest) {
  auto unknown = client_.call("program.fly", json::object());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message, "Unknown action: program.fly");
  auto missing = client_.call("program.get", {{"prog", 1}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message,
            "program.get: missing argument: program; unknown argument: prog");
  auto nobody = client_.get_program("nobody");
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, errc::not_found);
}

} // namespace dspex::test
