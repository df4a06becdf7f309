// What the native backend asks, the simulated model answers: neither shares
// code with the other.

#include <gtest/gtest.h>

#include "adapters/native/chat/reply_parse.hpp"
#include "simulator/answer.hpp"

namespace dspex::test {

namespace {

const auto ticket
  = json{{"ticket",
          "I was charged 19.99 twice on my invoice 4711. Please refund it."}};

/// Asks for the outputs; the outputs as they were read, or null.
json converse(const any_signature& sig, uint64_t seed, prompt_adapter adapter) {
  auto asked = prompt::make(make_prompt_signature(sig), adapter).value();
  auto messages = asked.messages(ticket).value();
  auto reply
    = answer_sim_chat({{"system", messages[0]["content"].get<std::string>()},
                       {"user", messages[1]["content"].get<std::string>()}},
                      sim_hash{seed});
  auto fields = parse_reply(asked.signature(), adapter, reply);
  if (!fields)
    ADD_FAILURE() << to_string(fields.error()) << "\n" << reply;
  return fields ? *fields : json{};
}

class SimConversation : public testing::TestWithParam<const char*> {};

TEST_P(SimConversation, EndsInAValidOutput) {
  auto sig
    = any_signature::parse("ticket -> answer: " + std::string{GetParam()})
        .value();
  for (auto adapter : {prompt_adapter::chat, prompt_adapter::json_object})
    for (uint64_t seed = 0; seed < 20; ++seed) {
      auto outputs = converse(sig, seed, adapter);
      for (auto& p : sig.validate(side::outputs, outputs))
        ADD_FAILURE() << p.message << "\n" << dump_json(outputs);
    }
}

INSTANTIATE_TEST_SUITE_P(
  Types, SimConversation,
  testing::Values(
    "str(min_length=5, max_length=20)", "str(one_of=['high', 'low'])",
    "int(min=3, max=9, multiple_of=3)", "int(one_of=[2, 4])",
    "float(min=0.5, max=0.75)", "bool", "list[str](max_length=2)",
    "list[int(min=0)](min_length=3)", "list(unique=true)", "dict", "map",
    "dict[str, float](min_size=3)", "dict[int, str](max_size=1)",
    "list[dict[int, bool]](min_length=1)", "literal['bug', 'billing']",
    "int | str", "float | none", "any", "embedding", "embedding(dimensions=5)",
    "embedding(dimensions=1536)", "probability", "probability(min=0.9)",
    "confidence_score(max=0.1)", "reasoning_chain",
    "reasoning_chain(max_length=2)", "tuple[int, str, probability]",
    "tuple[datetime, list[bool]]", "datetime", "list[datetime]",
    "datetime | none", "dict[str, tuple[int, datetime]]",
    R"(object('{"type":"object","properties":{"name":{"type":"string"},
       "age":{"type":["integer","null"],"minimum":0},
       "kind":{"enum":["a","b"]}},"required":["name","age"]}'))",
    R"(list[object('{"$ref":"#/$defs/P","$defs":{"P":{"title":"P",
       "type":"object","properties":{"x":{"type":"boolean"}},
       "required":["x"],"additionalProperties":false}}}')])"));

} // namespace

} // namespace dspex::test
