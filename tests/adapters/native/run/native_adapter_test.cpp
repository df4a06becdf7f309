#include "adapters/native/run/native_adapter.hpp"

#include <gtest/gtest.h>

#include "tests/adapters/http_server.hpp"
#include "tests/conformance/adapter_support.hpp"

namespace dspex::test {

namespace {

struct native {
  explicit native(const std::string& base_url) {
    auto settings = lm_options{};
    settings.model = "m";
    settings.base_url = base_url;
    settings.api_key = "sk-hidden";
    object = native_adapter_factory({.defaults = settings})(host);
    program->id = program_id::make();
    program->signature
      = any_signature::parse("question -> answer: int").value();
  }

  backend_reply run(const std::string& text = "What?") {
    auto replies = std::make_shared<inbox<backend_reply>>();
    auto x = backend_run{};
    x.id = execution_id::make();
    x.program = program;
    x.inputs = document{question(text)};
    x.deadline = std::chrono::steady_clock::now() + patience;
    object->execute(x,
                    [replies](backend_reply y) { replies->put(std::move(y)); });
    if (!replies->wait_for(1))
      return {fail(errc::internal, "no answer")};
    return replies->items().front();
  }

  void configure(const std::string& text) {
    program->configuration = *parse_json(text);
  }

  manual_host host;
  std::shared_ptr<backend_program> program
    = std::make_shared<backend_program>();
  std::unique_ptr<adapter> object;
};

constexpr auto nowhere = "http://127.0.0.1:1/v1";

TEST(NativeAdapter, SendsThePromptAndReadsTheFields) {
  auto bodies = inbox<std::string>{};
  auto server = http_server{[&](exchange& x) {
    bodies.put(x.body);
    x.complete("[[ ## answer ## ]]\n42\n\n[[ ## completed ## ]]\n");
  }};
  auto me = native{server.base_url()};
  auto reply = me.run("How much?");
  ASSERT_TRUE(reply.outputs) << to_string(reply.outputs.error());
  EXPECT_EQ(dump_json(*reply.outputs), R"({"answer":42})");
  EXPECT_EQ(reply.metadata["lm"]["total_tokens"], 18);
  EXPECT_FALSE(reply.metadata.contains("reasoning"));
  auto body = *parse_json(bodies.items().front());
  auto user = body["messages"][1]["content"].get<std::string>();
  EXPECT_TRUE(user.starts_with("[[ ## question ## ]]\nHow much?\n\nRespond"));
}

TEST(NativeAdapter, PutsTheReasoningOfAChainOfThoughtIntoTheMetadata) {
  auto server = http_server{[](exchange& x) {
    x.complete("[[ ## reasoning ## ]]\nsix times seven\n\n"
               "[[ ## answer ## ]]\n42\n\n[[ ## completed ## ]]");
  }};
  auto me = native{server.base_url()};
  me.configure(R"({"modules":"ChainOfThought"})");
  auto reply = me.run();
  ASSERT_TRUE(reply.outputs) << to_string(reply.outputs.error());
  EXPECT_EQ(dump_json(*reply.outputs), R"({"answer":42})");
  EXPECT_EQ(reply.metadata["reasoning"], "six times seven");
}

TEST(NativeAdapter, KeepsTheStartOfAReplyThatItCannotRead) {
  auto server = http_server{[](exchange& x) {
    x.complete("I do not know. " + std::string(100'000, 'x'));
  }};
  auto me = native{server.base_url()};
  me.configure(R"({"modules":{"json_fallback":false}})");
  auto reply = me.run();
  ASSERT_FALSE(reply.outputs);
  EXPECT_EQ(to_string(reply.outputs.error()),
            "invalid_output: The model's reply lacks the field answer");
  auto raw = reply.metadata["raw"].get<std::string>();
  EXPECT_TRUE(raw.starts_with("I do not know. xxx"));
  EXPECT_LT(raw.size(), 17'000U);
  EXPECT_EQ(reply.metadata["lm"]["completion_tokens"], 7);
}

TEST(NativeAdapter, SaysWhenAReplyWasCutOff) {
  auto server = http_server{[](exchange& x) {
    x.respond(200, R"({"choices":[{"message":{"content":"[[ ## "},)"
                   R"("finish_reason":"length"}]})");
  }};
  auto reply = native{server.base_url()}.run();
  ASSERT_FALSE(reply.outputs);
  EXPECT_EQ(reply.outputs.error().code, errc::invalid_output);
  EXPECT_TRUE(
    reply.outputs.error().message.ends_with("(the model reached max_tokens)"));
  EXPECT_EQ(reply.metadata["lm"]["finish_reason"], "length");
}

TEST(NativeAdapter, KeepsTheKeyFromTheServerOfAProgram) {
  auto heads = inbox<std::string>{};
  auto server = http_server{[&](exchange& x) {
    heads.put(x.head);
    x.complete("[[ ## answer ## ]]\n1");
  }};
  auto me = native{nowhere};
  me.configure("{\"lm\":{\"base_url\":\"" + server.base_url() + "\"}}");
  ASSERT_TRUE(me.run().outputs);
  EXPECT_EQ(heads.items().front().find("Authorization"), std::string::npos);
}

TEST(NativeAdapter, MasksAKeyThatAReplySpellsWithEscapes) {
  auto server = http_server{[&](exchange& x) {
    x.complete("[[ ## answer ## ]]\n[\"\\u0073k-hidden\", \"b\"]");
  }};
  auto me = native{server.base_url()};
  me.program->signature
    = any_signature::parse("question -> answer: list[str]").value();
  auto reply = me.run();
  ASSERT_TRUE(reply.outputs) << to_string(reply.outputs.error());
  EXPECT_EQ(dump_json(*reply.outputs), R"({"answer":["***","b"]})");
}

TEST(NativeAdapter, RefusesModulesToolsAndNamesThatItDoesNotKnow) {
  auto me = native{nowhere};
  auto& sig = me.program->signature;
  for (auto text :
       {R"({"modules":"RLM"})", R"({"modules":["Predict"]})",
        R"({"modules":7})", R"({"tools":["search"]})",
        R"({"modules":{"name":"ReAct"},"tools":["search"]})",
        R"({"modules":{"adapter":"xml"}})", R"({"modules":{"states":{}}})",
        R"({"modules":{"name":"ReAct","max_iters":0}})",
        R"({"lm":{"api_key":"sk-x"}})"}) {
    auto checked = me.object->check(sig, *parse_json(text));
    ASSERT_FALSE(checked) << text;
    EXPECT_EQ(checked.error().code, errc::invalid_option);
    me.configure(text);
    auto reply = me.run();
    ASSERT_FALSE(reply.outputs);
    EXPECT_EQ(reply.outputs.error().code, errc::invalid_option);
  }
  EXPECT_EQ(
    me.object->check(sig, *parse_json(R"({"modules":"RLM"})")).error().message,
    "modules must be Predict, ChainOfThought, MultiChainComparison, "
    "ReAct or BestOfN for the native adapter, got \"RLM\"; python_port "
    "runs every other module");
  auto taken = any_signature::parse("question -> reasoning, answer").value();
  EXPECT_TRUE(me.object->check(taken, json::object()));
  EXPECT_FALSE(
    me.object->check(taken, *parse_json(R"({"modules":"ChainOfThought"})")));
  EXPECT_TRUE(me.object->check(
    sig, *parse_json(R"({"modules":null,"lm":null,"tools":[]})")));
}

TEST(NativeAdapter, RefusesTypesThatItCannotSay) {
  auto me = native{nowhere};
  auto refusal = [&](const std::string& text) {
    auto checked = me.object->check(any_signature::parse(text).value(),
                                    json::object());
    if (checked)
      return std::string{"accepted"};
    EXPECT_EQ(checked.error().code, errc::invalid_option);
    return checked.error().message;
  };
  EXPECT_EQ(refusal("question -> chat: history"),
            "Field chat is a history, which the native adapter cannot read "
            "from a reply; python_port runs it");
  EXPECT_EQ(refusal("q -> pictures: dict[str, list[image]] | none"),
            "Field pictures is an image, which the native adapter cannot read "
            "from a reply; python_port runs it");
  EXPECT_EQ(refusal("q: datetime, e: embedding, h: history, i: list[image] -> "
                    "a: dict, b: tuple[int], "
                    "c: object('{}'), d: reasoning_chain, p: probability"),
            "accepted");
}

TEST(NativeAdapter, NamesItsProgramsByIdAndGeneration) {
  auto me = native{nowhere};
  me.program->generation = 3;
  auto ids = std::vector<std::string>{};
  me.object->create_program(
    me.program, [&](result<std::string> id) { ids.push_back(id.value()); });
  EXPECT_EQ(ids, std::vector<std::string>{"native-" + to_string(me.program->id)
                                          + "-3"});
}

TEST(NativeAdapter, AsksForJsonWhenTheReplyCannotBeRead) {
  auto bodies = inbox<std::string>{};
  auto server = http_server{[&](exchange& x) {
    bodies.put(x.body);
    x.complete(bodies.items().size() == 1 ? "It is 42." : R"({"answer": 42})");
  }};
  auto reply = native{server.base_url()}.run();
  ASSERT_TRUE(reply.outputs) << to_string(reply.outputs.error());
  EXPECT_EQ(dump_json(*reply.outputs), R"({"answer":42})");
  EXPECT_EQ(reply.metadata["json_fallback"], true);
  EXPECT_EQ(reply.metadata["lm"]["requests"], 2);
  EXPECT_EQ(reply.metadata["lm"]["total_tokens"], 36);
  auto second = *parse_json(bodies.items().back());
  EXPECT_EQ(second["response_format"]["type"], "json_object");
  auto user = second["messages"][1]["content"].get<std::string>();
  EXPECT_NE(user.find("Respond with a JSON object"), std::string::npos);
}

} // namespace

} // namespace dspex::test
