#include "adapters/mock/adapter.hpp"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/mock/values.hpp"
#include "tests/conformance/adapter_support.hpp"
#include "tests/support/mock_script.hpp"

namespace dspex::test {

namespace {

using namespace std::chrono_literals;

struct mock {
  explicit mock(const mock_options& options = {})
    : object(mock_adapter_factory(options)(host)) {
  }

  explicit mock(std::shared_ptr<mock_script> script,
                const mock_options& options = {})
    : object(scripted_adapter_factory(std::move(script), options)(host)) {
  }

  // The reply, if it came within the call.
  std::optional<backend_reply> run(const json& inputs, int32_t attempt = 1) {
    auto out = std::make_shared<std::optional<backend_reply>>();
    auto x = backend_run{};
    x.id = execution_id::make();
    x.program = program;
    x.inputs = document{inputs};
    x.deadline = std::chrono::steady_clock::now() + patience;
    x.attempt = attempt;
    last = out;
    object->execute(x, [out](backend_reply reply) { *out = std::move(reply); });
    return *out;
  }

  static std::shared_ptr<backend_program>
  make_program(const std::string& text = "question -> answer, score: float") {
    auto result = std::make_shared<backend_program>();
    result->id = program_id::make();
    result->signature = any_signature::parse(text).value();
    return result;
  }

  manual_host host;
  std::shared_ptr<backend_program> program = make_program();
  std::shared_ptr<std::optional<backend_reply>> last;
  std::unique_ptr<adapter> object;
};

std::string outputs_of(const std::optional<backend_reply>& reply) {
  if (!reply)
    return "no reply";
  return reply->outputs ? dump_json(*reply->outputs)
                        : to_string(reply->outputs.error());
}

TEST(MockAdapter, AnswersTheSameToTheSameInAnyInstance) {
  auto x = mock{};
  auto y = mock{};
  EXPECT_EQ(outputs_of(x.run(question("a"))), outputs_of(y.run(question("a"))));
  EXPECT_NE(outputs_of(x.run(question("a"))), outputs_of(x.run(question("b"))));
  auto seeded = mock{{.seed = 1}};
  EXPECT_NE(outputs_of(x.run(question("a"))),
            outputs_of(seeded.run(question("a"))));
  x.program->configuration = *parse_json(R"({"lm":{"seed":1}})");
  EXPECT_EQ(outputs_of(x.run(question("a"))),
            outputs_of(seeded.run(question("a"))));
}

TEST(MockAdapter, MeetsEveryConstraint) {
  auto sig
    = any_signature::parse(
        "q -> a: str(min_length=30, max_length=31), b: str(max_length=2), "
        "c: int(min=5, max=7), d: int(multiple_of=7, min=-20, max=-1), "
        "e: float(min=2.5, max=2.75), f: list[int](min_length=4), "
        "g: list[literal['x', 'y']](min_length=2, unique=true), "
        "h: str(one_of=['p', 'q']), i: str(pattern='^[A-Z]+-[0-9]{3}$'), "
        "j: list[str(pattern='^\\\\d+$')], k: int(max=-1000), "
        "l: optional[int(min=3, max=3)], m: any, n: int(one_of=[4, 9])")
        .value();
  for (uint64_t start = 0; start < 500; ++start) {
    auto outputs = mock_outputs(sig, start * 7919);
    ASSERT_TRUE(outputs) << to_string(outputs.error());
    for (auto& x : sig.validate(side::outputs, *outputs))
      FAIL() << x.message << " in " << dump_json(*outputs);
  }
}

TEST(MockAdapter, MakesValuesOfEveryType) {
  auto sig
    = any_signature::parse(
        "q -> a: dict[str, int(min=3)](min_size=3), b: dict[int, bool], "
        "c: tuple[str, literal['x'], float], d: embedding(dimensions=7), "
        "e: embedding, f: probability(min=0.9), g: confidence_score, "
        "h: reasoning_chain(max_length=1), i: datetime, j: image, k: history, "
        "l: list[datetime](min_length=2), m: dict(max_size=0)")
        .value();
  for (uint64_t start = 0; start < 200; ++start) {
    auto outputs = mock_outputs(sig, start);
    ASSERT_TRUE(outputs) << outputs.error().message;
    EXPECT_EQ(*outputs, *mock_outputs(sig, start));
    for (auto& p : sig.validate(side::outputs, *outputs))
      ADD_FAILURE() << p.message;
  }
}

TEST(MockAdapter, MakesObjectsByTheirSchemas) {
  for (std::string schema :
       {R"({"type":"object","properties":{"name":{"type":"string",
            "minLength":3,"maxLength":5},"age":{"type":"integer","minimum":0,
            "exclusiveMaximum":3},"tags":{"type":"array","items":{"enum":["a",
            "b","c"]},"minItems":2,"uniqueItems":true}},
            "required":["name","age","tags","more"],"minProperties":4})",
        R"({"anyOf":[{"type":"null"},{"type":"number","minimum":0.5,
            "maximum":0.6},{"const":[1]}]})",
        R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object",
            "properties":{"value":{"type":"boolean"},"next":{"anyOf":[{"$ref":
            "#/$defs/node"},{"type":"null"}]}},"required":["value","next"],
            "additionalProperties":false}}})",
        R"({"type":["string","integer"],"minimum":5,"minLength":30})",
        R"({"allOf":[{"minimum":2},{"type":"integer"},{"maximum":4,
            "multipleOf":2}]})",
        R"({"type":"string","pattern":"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})",
        R"({"type":"string","format":"uuid"})",
        R"({"prefixItems":[{"type":"boolean"},{"const":"x"}],"items":false,
            "minItems":2})",
        R"({"type":"array","contains":{"const":7},"minItems":3})",
        R"({"type":"object","additionalProperties":{"type":"integer"},
            "minProperties":2})"}) {
    auto sig = any_signature::parse("q -> a: object('" + schema + "'), b");
    ASSERT_TRUE(sig) << sig.error().message;
    for (uint64_t start = 0; start < 50; ++start) {
      auto outputs = mock_outputs(*sig, start);
      ASSERT_TRUE(outputs) << outputs.error().message << "\n" << schema;
      for (auto& p : sig->validate(side::outputs, *outputs))
        ADD_FAILURE() << p.message;
    }
  }
}

TEST(MockAdapter, SaysWhichSchemaAsksForTooMuch) {
  for (std::string schema :
       {"false", R"({"type":"object","properties":{"next":{"$ref":"#"}},
                     "required":["next"]})",
        R"({"type":"string","minLength":9000000})"}) {
    auto outputs = mock_outputs(
      any_signature::parse("q -> a: object('" + schema + "')").value(), 1);
    ASSERT_FALSE(outputs);
    EXPECT_EQ(outputs.error().message,
              "mock cannot make a value for field a: it has a schema that asks "
              "for too much");
  }
  auto outputs = mock_outputs(
    any_signature::parse(R"(q -> a: object('{"not": {}}'))").value(), 1);
  ASSERT_FALSE(outputs);
  EXPECT_THAT(outputs.error().message,
              testing::HasSubstr("has a pattern or schema that none of its 30 "
                                 "candidates fits (Field a: must not fit"));
}

TEST(MockAdapter, FailsWhenItCannotMeetAPattern) {
  auto x = mock{};
  x.program
    = mock::make_program("question -> code: str(pattern='^zz[7]+top$')");
  auto reply = x.run(question("a"));
  ASSERT_TRUE(reply);
  ASSERT_FALSE(reply->outputs);
  EXPECT_EQ(reply->outputs.error().code, errc::backend_failed);
  EXPECT_TRUE(reply->outputs.error().message.starts_with(
    "mock cannot make a value for field code: it has a pattern or schema that "
    "none of"))
    << reply->outputs.error().message;
}

TEST(MockAdapter, FailsWhenThereAreTooFewValues) {
  auto x = mock{};
  x.program = mock::make_program(
    "question -> tags: list[literal['a', 'b']](min_length=3, unique=true)");
  EXPECT_EQ(outputs_of(x.run(question("a"))),
            "backend_failed: mock cannot make a value for field tags: it has "
            "too few distinct values");
  x.program
    = mock::make_program("question -> n: int(min=5, max=6, multiple_of=4)");
  EXPECT_EQ(outputs_of(x.run(question("a"))),
            "backend_failed: mock cannot make a value for field n: it has no "
            "integer from 5 to 6 that is a multiple of 4");
}

TEST(MockAdapter, AnswersAfterItsLatencyAndNotBefore) {
  auto x = mock{{.latency = 10ms}};
  EXPECT_FALSE(x.run(question("a")));
  x.host.advance(9ms);
  EXPECT_FALSE(*x.last);
  x.host.advance(1ms);
  EXPECT_TRUE(*x.last);
  x.program->configuration = *parse_json(R"({"lm":{"latency_ms":0}})");
  EXPECT_TRUE(x.run(question("a")));
  EXPECT_EQ(x.host.pending(), 0U);
}

TEST(MockAdapter, SpreadsItsLatencyByTheJitter) {
  auto x = mock{{.latency = 10ms, .jitter = 10ms}};
  auto early = 0;
  for (auto i = 0; i < 100; ++i) {
    x.run(question(std::to_string(i)));
    x.host.advance(10ms);
    early += *x.last ? 1 : 0;
    x.host.advance(10ms);
    EXPECT_TRUE(*x.last);
  }
  EXPECT_GT(early, 20);
  EXPECT_LT(early, 80);
}

TEST(MockAdapter, FailsTheConfiguredShareOfRunsAndAnotherAttemptMayPass) {
  auto x = mock{{.error_rate = 0.25, .error_code = errc::overloaded}};
  auto failures = 0;
  auto passed_later = 0;
  for (auto i = 0; i < 400; ++i) {
    auto inputs = question(std::to_string(i));
    auto reply = x.run(inputs);
    ASSERT_TRUE(reply);
    EXPECT_EQ(outputs_of(reply), outputs_of(x.run(inputs)));
    if (reply->outputs)
      continue;
    ++failures;
    EXPECT_EQ(reply->outputs.error().code, errc::overloaded);
    passed_later += x.run(inputs, 2)->outputs ? 1 : 0;
  }
  EXPECT_GT(failures, 60);
  EXPECT_LT(failures, 140);
  EXPECT_GT(passed_later, failures / 3);
}

TEST(MockAdapter, GivesPreparedAnswersInOrderAProgramsOwnFirst) {
  auto script = std::make_shared<mock_script>();
  auto x = mock{script};
  script->push(json::object({{"answer", "any"}}));
  script->push(x.program->id, json::object({{"answer", "own"}}));
  script->push(error{errc::timeout, "too slow"});
  script->push(mock_silence{});
  script->push(mock_crash{"boom"});
  EXPECT_EQ(outputs_of(x.run(question("a"))), R"({"answer":"own"})");
  EXPECT_EQ(outputs_of(x.run(question("a"))), R"({"answer":"any"})");
  EXPECT_EQ(outputs_of(x.run(question("a"))), "timeout: too slow");
  EXPECT_FALSE(x.run(question("a")));
  EXPECT_THROW(x.run(question("a")), std::runtime_error);
  EXPECT_TRUE(x.run(question("a"))->outputs);
}

TEST(MockAdapter, FailsACreationAsPreparedAndAnswersAfterItsDelay) {
  auto script = std::make_shared<mock_script>();
  script->push_create({errc::backend_failed, "no room"});
  auto x = mock{script, {.create_latency = 5ms}};
  auto ids = std::vector<std::string>{};
  auto create = [&] {
    x.object->create_program(x.program, [&](result<std::string> id) {
      ids.push_back(id ? *id : to_string(id.error()));
    });
  };
  create();
  create();
  EXPECT_TRUE(ids.empty());
  x.host.advance(5ms);
  ASSERT_EQ(ids.size(), 2U);
  EXPECT_EQ(ids[0], "backend_failed: no room");
  EXPECT_EQ(ids[1], "mock-" + to_string(x.program->id) + "-0");
}

TEST(MockAdapter, RecordsItsCallsAcrossIncarnations) {
  auto script = std::make_shared<mock_script>();
  auto x = mock{script};
  x.object->create_program(x.program, [](auto&&) {});
  x.run(question("a"), 3);
  x.object = scripted_adapter_factory(script)(x.host);
  x.object->cancel(execution_id::make());
  x.object->delete_program("mock-id");
  auto calls = script->calls();
  ASSERT_EQ(calls.size(), 4U);
  EXPECT_EQ(calls[0].what, mock_call::kind::create);
  EXPECT_EQ(calls[0].program, x.program->id);
  EXPECT_EQ(calls[1].what, mock_call::kind::execute);
  EXPECT_EQ(calls[1].inputs.value(), question("a"));
  EXPECT_EQ(calls[1].attempt, 3);
  EXPECT_EQ(calls[2].what, mock_call::kind::cancel);
  EXPECT_EQ(calls[3].backend_program_id, "mock-id");
  EXPECT_EQ(script->count(mock_call::kind::execute), 1U);
}

TEST(MockAdapter, RefusesSettingsOutOfRangeAndIgnoresThoseOfModels) {
  auto x = mock{};
  auto& sig = x.program->signature;
  for (auto bad :
       {R"({"lm":{"seed":1.5}})", R"({"lm":{"latency_ms":-1}})",
        R"({"lm":{"latency_ms":"1"}})", R"({"lm":{"error_rate":2}})"}) {
    auto checked = x.object->check(sig, *parse_json(bad));
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().code, errc::invalid_option);
    x.program->configuration = *parse_json(bad);
    EXPECT_TRUE(outputs_of(x.run(question("a"))).starts_with("invalid_option"));
  }
  EXPECT_TRUE(x.object->check(
    sig, *parse_json(R"({"lm":{"model":"m","temperature":1}})")));
}

} // namespace

} // namespace dspex::test
