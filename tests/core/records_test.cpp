#include "dspex/records.hpp"

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

timestamp at(int64_t us) {
  return timestamp{std::chrono::microseconds{us}};
}

signature_record full_signature() {
  auto out = signature_record{};
  out.id = signature_id::make();
  out.name = "Triage";
  out.module = "Support.Triage";
  out.inputs = document{json::array({{{"name", "ticket"}}})};
  out.outputs = document{json::array({{{"name", "category"}}})};
  out.instructions = "Sort.";
  out.description = "Sorts.";
  out.content_hash = "cafe";
  out.status = signature_status::active;
  out.inserted_at = at(1);
  out.updated_at = at(2);
  return out;
}

program_record full_program() {
  auto out = program_record{};
  out.id = program_id::make();
  out.name = "triage";
  out.signature = {signature_id::make(), "Support.Triage", "1.0.0",
                   signature_status::active};
  out.adapter_type = "mock";
  out.status = program_status::error;
  out.configuration = document{json::object({{"timeout_ms", 5}})};
  out.backend_program_id = "backend-1";
  out.completed_count = 3;
  out.failed_count = 2;
  out.pruned_completed = 1;
  out.pruned_failed = 1;
  out.duration_us_sum = 12345;
  out.last_executed_at = at(9);
  out.error_code = errc::timeout;
  out.error_message = "slow";
  out.ephemeral = true;
  out.owner_node = node_id::make();
  out.generation = 4;
  out.inserted_at = at(1);
  out.updated_at = at(2);
  return out;
}

execution_record full_execution() {
  auto out = execution_record{};
  out.id = execution_id::make();
  out.program_id = program_id::make();
  out.inputs = document{json::object({{"z", 1}, {"a", nullptr}})};
  out.outputs = document{json::object({{"answer", "x"}})};
  out.status = execution_status::failed;
  out.duration_us = 1234567;
  out.error_code = errc::backend_failed;
  out.error_message = "no";
  out.attempt = 2;
  out.executed_at = at(3);
  out.started_at = at(4);
  out.finished_at = at(5);
  out.metadata = document{json::object({{"key", "value"}})};
  out.node = node_id::make();
  out.inserted_at = at(6);
  out.updated_at = at(7);
  return out;
}

// The record that a peer receives, which is the text, read again.
json travelled(const json& x) {
  return parse_json(dump_json(x)).value();
}

std::vector<std::string> names(const json& x) {
  auto out = std::vector<std::string>{};
  for (auto& [key, value] : x.items())
    out.push_back(key);
  return out;
}

template <class T>
std::string complaint_of(const result<T>& x) {
  return x ? "ok" : to_string(x.error());
}

} // namespace

TEST(RecordWords, ReadBackAndNothingElse) {
  for (auto x : {signature_status::draft, signature_status::active,
                 signature_status::deprecated})
    EXPECT_EQ(signature_status_from_string(to_string(x)), x);
  for (auto x :
       {program_status::draft, program_status::initializing,
        program_status::ready, program_status::error, program_status::archived})
    EXPECT_EQ(program_status_from_string(to_string(x)), x);
  for (auto x : {execution_status::pending, execution_status::running,
                 execution_status::completed, execution_status::failed})
    EXPECT_EQ(execution_status_from_string(to_string(x)), x);
  EXPECT_FALSE(signature_status_from_string("Draft"));
  EXPECT_FALSE(program_status_from_string(""));
  EXPECT_FALSE(execution_status_from_string("done"));
}

TEST(RecordJson, RoundTripsFullRecords) {
  EXPECT_EQ(signature_record_from_json(travelled(to_json(full_signature())))
              .value()
              .name,
            "Triage");
  auto sig = full_signature();
  EXPECT_EQ(signature_record_from_json(travelled(to_json(sig))).value(), sig);
  auto program = full_program();
  EXPECT_EQ(program_record_from_json(travelled(to_json(program))).value(),
            program);
  auto execution = full_execution();
  EXPECT_EQ(execution_record_from_json(travelled(to_json(execution))).value(),
            execution);
}

TEST(RecordJson, RoundTripsRecordsWithNothingSet) {
  auto sig = signature_record{};
  sig.inputs = sig.outputs = document{json::array()};
  EXPECT_EQ(signature_record_from_json(travelled(to_json(sig))).value(), sig);
  auto program = program_record{};
  EXPECT_EQ(program_record_from_json(travelled(to_json(program))).value(),
            program);
  auto execution = execution_record{};
  EXPECT_EQ(execution_record_from_json(travelled(to_json(execution))).value(),
            execution);
}

TEST(RecordJson, RoundTripsStatistics) {
  auto x = program_statistics{};
  EXPECT_EQ(program_statistics_from_json(travelled(to_json(x))).value(), x);
  x = {10, 7, 3, 0.7, 1.5, 1.25, 2.5, 3.75, 4};
  EXPECT_EQ(program_statistics_from_json(travelled(to_json(x))).value(), x);
}

TEST(RecordJson, AttributesStandInTheOrderOfTheContract) {
  EXPECT_EQ(names(to_json(full_signature())),
            (std::vector<std::string>{"id", "name", "module", "inputs",
                                      "outputs", "instructions", "description",
                                      "version", "content_hash", "status",
                                      "inserted_at", "updated_at"}));
  EXPECT_EQ(names(to_json(full_program())),
            (std::vector<std::string>{"id",
                                      "name",
                                      "signature_id",
                                      "signature",
                                      "adapter_type",
                                      "status",
                                      "configuration",
                                      "backend_program_id",
                                      "dspy_program_id",
                                      "execution_count",
                                      "completed_count",
                                      "failed_count",
                                      "pruned_completed",
                                      "pruned_failed",
                                      "duration_us_sum",
                                      "last_executed_at",
                                      "error_message",
                                      "error_code",
                                      "ephemeral",
                                      "owner_node",
                                      "generation",
                                      "inserted_at",
                                      "updated_at"}));
  EXPECT_EQ(names(to_json(full_program())["signature"]),
            (std::vector<std::string>{"id", "module", "version", "status"}));
  EXPECT_EQ(names(to_json(full_execution())),
            (std::vector<std::string>{
              "id", "program_id", "inputs", "outputs", "status", "duration_ms",
              "duration_us", "error_code", "error_message", "attempt",
              "executed_at", "started_at", "finished_at", "metadata", "node",
              "inserted_at", "updated_at"}));
}

TEST(RecordJson, ShowsDerivedAttributes) {
  auto program = to_json(full_program());
  EXPECT_EQ(program["execution_count"], 5);
  EXPECT_EQ(program["dspy_program_id"], "backend-1");
  EXPECT_EQ(program["signature_id"], program["signature"]["id"]);
  EXPECT_EQ(to_json(full_execution())["duration_ms"], 1234.567);
}

TEST(RecordJson, UnsetAttributesAreNull) {
  auto program = to_json(program_record{});
  for (auto name : {"backend_program_id", "dspy_program_id", "last_executed_at",
                    "error_message", "error_code", "owner_node"})
    EXPECT_TRUE(program[name].is_null()) << name;
  auto execution = to_json(execution_record{});
  for (auto name : {"outputs", "duration_ms", "duration_us", "error_code",
                    "error_message", "started_at", "finished_at", "node"})
    EXPECT_TRUE(execution[name].is_null()) << name;
}

TEST(RecordJson, NamesTheFieldThatIsMissing) {
  for (auto& name : names(to_json(full_execution()))) {
    if (name == "duration_ms")
      continue;
    auto x = to_json(full_execution());
    x.erase(name);
    auto got = execution_record_from_json(x);
    EXPECT_EQ(complaint_of(got), "invalid_input: Missing field: " + name);
    EXPECT_EQ(got.error().details["field"], name);
  }
}

TEST(RecordJson, NamesTheFieldOfTheWrongType) {
  auto expect = [](const char* name, json value, const char* why) {
    auto x = to_json(full_execution());
    x[name] = std::move(value);
    EXPECT_EQ(complaint_of(execution_record_from_json(x)),
              "invalid_input: Field " + std::string{name} + ": must be " + why);
  };
  expect("id", "1", "a uuid");
  expect("status", "done", "a known status");
  expect("status", 1, "a known status");
  expect("duration_us", "1", "an integer in range");
  expect("duration_us", 1.5, "an integer in range");
  expect("attempt", 2'147'483'648, "an integer in range");
  expect("error_code", "oops", "null or a known error code");
  expect("executed_at", "yesterday", "a time like 2026-01-31T12:00:00.123456Z");
  expect("metadata", json::array(), "an object");
  auto program = to_json(full_program());
  program["completed_count"] = -1;
  EXPECT_EQ(complaint_of(program_record_from_json(program)),
            "invalid_input: Field completed_count: must be a non-negative "
            "integer");
  program = to_json(full_program());
  program["signature"].erase("module");
  EXPECT_EQ(complaint_of(program_record_from_json(program)),
            "invalid_input: Field signature: must be an object with id, "
            "module, version and status");
  EXPECT_EQ(complaint_of(signature_record_from_json(json::array())),
            "invalid_input: A signature must be an object");
}

} // namespace dspex::test
