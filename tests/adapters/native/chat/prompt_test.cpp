#include "adapters/native/chat/prompt.hpp"

#include <gtest/gtest.h>

#include "adapters/native/chat/module_signature.hpp"

namespace dspex::test {

namespace {

prompt_signature task(const std::string& text,
                      const std::string& instructions = "") {
  return make_prompt_signature(
    any_signature::parse(text, instructions).value());
}

json messages_of(const prompt_signature& sig, const json& inputs,
                 prompt_adapter adapter = prompt_adapter::chat,
                 const json& demos = json::array()) {
  return prompt::make(sig, adapter, demos).value().messages(inputs).value();
}

std::string render_system_message(const prompt_signature& sig) {
  return messages_of(sig, json::object())[0]["content"].get<std::string>();
}

std::string render_user_message(const prompt_signature& sig,
                                const json& inputs) {
  return messages_of(sig, inputs).back()["content"].get<std::string>();
}

json object(const std::string& text) {
  return parse_json(text).value();
}

TEST(Prompt, WritesTheSystemMessageOfASimpleSignature) {
  EXPECT_EQ(
    render_system_message(task("question -> answer")),
    "Your input fields are:\n"
    "1. `question` (str):\n"
    "Your output fields are:\n"
    "1. `answer` (str):\n"
    "All interactions will be structured in the following way, with "
    "the appropriate values filled in.\n"
    "\n"
    "[[ ## question ## ]]\n"
    "{question}\n"
    "\n"
    "[[ ## answer ## ]]\n"
    "{answer}\n"
    "\n"
    "[[ ## completed ## ]]\n"
    "In adhering to this structure, your objective is: \n"
    "        Given the fields `question`, produce the fields `answer`.");
}

TEST(Prompt, WritesTheUserMessageOfASimpleSignature) {
  EXPECT_EQ(render_user_message(task("question -> answer"),
                                object(R"({"question":"What? "})")),
            "[[ ## question ## ]]\n"
            "What? \n"
            "\n"
            "Respond with the corresponding output fields, starting with the "
            "field `[[ ## answer ## ]]`, and then ending with the marker for "
            "`[[ ## completed ## ]]`.");
}

TEST(Prompt, WritesTypesNotesConstraintsAndDescriptions) {
  auto text = std::string{
    "ticket: str \"what the customer wrote\", history: list[str] -> "
    "category: literal['bug', 'billing'] \"the team\", "
    "priority: int(min=1, max=5), sure: bool, share: float(min=0.5)"};
  EXPECT_EQ(
    render_system_message(task(text, "Sort the ticket.\n  Be quick.")),
    "Your input fields are:\n"
    "1. `ticket` (str): what the customer wrote\n"
    "2. `history` (list[str]):\n"
    "Your output fields are:\n"
    "1. `category` (Literal['bug', 'billing']): the team\n"
    "2. `priority` (int): \n"
    "Constraints: greater than or equal to: 1, less than or equal to: 5\n"
    "3. `sure` (bool): \n"
    "4. `share` (float): \n"
    "Constraints: greater than or equal to: 0.5\n"
    "All interactions will be structured in the following way, with the "
    "appropriate values filled in.\n"
    "\n"
    "[[ ## ticket ## ]]\n"
    "{ticket}\n"
    "\n"
    "[[ ## history ## ]]\n"
    "{history}\n"
    "\n"
    "[[ ## category ## ]]\n"
    "{category}        # note: the value you produce must exactly match (no "
    "extra characters) one of: bug; billing\n"
    "\n"
    "[[ ## priority ## ]]\n"
    "{priority}        # note: the value you produce must be a single int "
    "value\n"
    "\n"
    "[[ ## sure ## ]]\n"
    "{sure}        # note: the value you produce must be True or False\n"
    "\n"
    "[[ ## share ## ]]\n"
    "{share}        # note: the value you produce must be a single float "
    "value\n"
    "\n"
    "[[ ## completed ## ]]\n"
    "In adhering to this structure, your objective is: \n"
    "        Sort the ticket.\n"
    "        Be quick.");
}

TEST(Prompt, SaysEveryTypeAsPythonHasIt) {
  auto system = render_system_message(task(
    "q: embedding, r: dict[int, str] -> a: dict, b: tuple[int, str], "
    "c: embedding(dimensions=3), d: probability, e: confidence_score(min=0.5), "
    "f: reasoning_chain(max_length=2), g: datetime, "
    "h: dict[str, list[probability]](min_size=1), i: list[object('"
    "{\"$ref\":\"#/$defs/P\",\"$defs\":{\"P\":{\"title\":\"P\",\"properties\":"
    "{\"x\":{\"type\":\"integer\"}},\"type\":\"object\"}}}')], "
    "j: object('{\"title\":\"Person\",\"type\":\"object\"}')"));
  auto expect = [&](const std::string& part) {
    EXPECT_NE(system.find(part), std::string::npos) << part << "\n" << system;
  };
  expect("1. `q` (list[float]): \n2. `r` (dict[int, str]):\n");
  expect(
    "1. `a` (dict[str, Any]): \n2. `b` (tuple[int, str]): \n"
    "3. `c` (list[float]): \nConstraints: minimum length: 3, maximum "
    "length: 3\n"
    "4. `d` (float): \nConstraints: greater than or equal to: 0, less than "
    "or equal to: 1\n"
    "5. `e` (float): \nConstraints: greater than or equal to: 0.5, less "
    "than or equal to: 1\n"
    "6. `f` (list[str]): \nConstraints: maximum length: 2\n"
    "7. `g` (datetime): \n"
    "8. `h` (dict[str, list[float]]): \nConstraints: minimum length: 1\n"
    "9. `i` (list[object]): \n10. `j` (Person):\n");
  auto note = [&](const std::string& name, const std::string& text) {
    expect("{" + name + "}        # note: the value you produce must " + text
           + "\n");
  };
  auto schema = [&](const std::string& name, const std::string& text) {
    note(name, "adhere to the JSON schema: " + text);
  };
  schema("a", R"({"type": "object", "additionalProperties": true})");
  schema("b", R"({"type": "array", "maxItems": 2, "minItems": 2, )"
              R"("prefixItems": [{"type": "integer"}, {"type": "string"}]})");
  schema("c", R"({"type": "array", "items": {"type": "number"}})");
  note("d", "be a single float value");
  schema("f", R"({"type": "array", "items": {"type": "string"}})");
  schema("g", R"({"type": "string", "format": "date-time"})");
  schema("h", R"({"type": "object", "additionalProperties": {"type": "array", )"
              R"("items": {"type": "number", "maximum": 1, "minimum": 0}}})");
  schema("i", R"({"type": "array", "$defs": {"P": {"type": "object", )"
              R"("properties": {"x": {"type": "integer"}}, "title": "P"}}, )"
              R"("items": {"$ref": "#/$defs/P"}})");
  schema("j", R"({"type": "object", "title": "Person"})");
}

TEST(Prompt, AsksForReasoningFirstInAChainOfThought) {
  auto x = chain_of_thought(task("a, b -> c: int"));
  auto system = render_system_message(x);
  EXPECT_NE(system.find("Your output fields are:\n"
                        "1. `reasoning` (str): \n"
                        "2. `c` (int):\n"),
            std::string::npos);
  EXPECT_NE(system.find("{b}\n\n[[ ## reasoning ## ]]\n{reasoning}\n\n"
                        "[[ ## c ## ]]\n"),
            std::string::npos);
  EXPECT_TRUE(system.ends_with(
    "        Given the fields `a`, `b`, produce the fields `c`."));
  EXPECT_TRUE(render_user_message(x, object(R"({"a":"1","b":"2"})"))
                .ends_with("starting with the field `[[ ## reasoning ## ]]`, "
                           "then `[[ ## c ## ]]` (must be formatted as a valid "
                           "Python int), and then ending with the marker for "
                           "`[[ ## completed ## ]]`."));
}

TEST(Prompt, NamesTypesAsPythonAndDescribesThemBySchema) {
  auto system = render_system_message(
    task("t -> a: optional[int], b: list[literal['x', 'y']], c: any, "
         "d: int | str, e: literal[\"it's\", 'say \"hi\"', 1, true], "
         "f: list[list[float]], g: none | literal['only']"));
  for (auto line :
       {"1. `a` (Union[int, NoneType]): \n",
        "2. `b` (list[Literal['x', 'y']]): \n", "3. `c` (Any): \n",
        "4. `d` (Union[int, str]): \n",
        "5. `e` (Literal[\"it's\", 'say \"hi\"', 1, True]): \n",
        "6. `f` (list[list[float]]): \n",
        "7. `g` (Union[NoneType, Literal['only']]):\n",
        "{a}        # note: the value you produce must adhere to the JSON "
        "schema: {\"anyOf\": [{\"type\": \"integer\"}, {\"type\": "
        "\"null\"}]}\n",
        "schema: {\"type\": \"array\", \"items\": {\"type\": \"string\", "
        "\"enum\": [\"x\", \"y\"]}}\n",
        "{c}        # note: the value you produce must adhere to the JSON "
        "schema: {}\n",
        "one of: it's; say \"hi\"; 1; True\n",
        "schema: {\"type\": \"array\", \"items\": {\"type\": \"array\", "
        "\"items\": {\"type\": \"number\"}}}\n",
        "schema: {\"anyOf\": [{\"type\": \"string\", \"const\": \"only\"}, "
        "{\"type\": \"null\"}]}\n"})
    EXPECT_NE(system.find(line), std::string::npos) << line << "in\n" << system;
}

TEST(Prompt, TellsConstraintsThatDspyHasNoWordsFor) {
  auto system = render_system_message(
    task("t -> a: str(min_length=2, pattern='^[a-z]+$'), "
         "b: list[int](max_length=3, unique=true), c: int(multiple_of=5), "
         "d: list[int(min=1)]"));
  for (auto line : {"Constraints: minimum length: 2, matching the pattern: "
                    "^[a-z]+$\n",
                    "Constraints: maximum length: 3, all elements distinct\n",
                    "Constraints: a multiple of the given number: 5\n",
                    "schema: {\"type\": \"array\", \"items\": {\"type\": "
                    "\"integer\", \"minimum\": 1}}\n"})
    EXPECT_NE(system.find(line), std::string::npos) << line << "in\n" << system;
}

TEST(Prompt, PrintsValuesAsPythonPrintsThem) {
  auto x = task("a: list[str], b: int, c: float, d: bool, e: any, "
                "f: optional[int], g: optional[str] -> z");
  auto text = render_user_message(
    x, object("{\"g\":null,\"a\":[\"x\",\"\u00e9 \\\"\"],\"b\":3,\"c\":1e-7,"
              "\"d\":true,\"e\":{\"k\":[1,2.5,null,1e16]},\"y\":1}"));
  EXPECT_TRUE(text.starts_with("[[ ## a ## ]]\n"
                               "[\"x\", \"\u00e9 \\\"\"]\n"
                               "\n"
                               "[[ ## b ## ]]\n"
                               "3\n"
                               "\n"
                               "[[ ## c ## ]]\n"
                               "1e-07\n"
                               "\n"
                               "[[ ## d ## ]]\n"
                               "True\n"
                               "\n"
                               "[[ ## e ## ]]\n"
                               "{\"k\": [1, 2.5, null, 1e+16]}\n"
                               "\n"
                               "[[ ## g ## ]]\n"
                               "None\n"
                               "\n"
                               "Respond with"))
    << text;
}

TEST(Prompt, CleansInstructionsOnceMoreForAChainOfThought) {
  auto instructions = "\n   Do it.\n\n     - well\n   \t  \n    end\n";
  EXPECT_TRUE(render_system_message(task("a -> b", instructions))
                .ends_with("objective is: \n"
                           "        Do it.\n"
                           "        \n"
                           "          - well\n"
                           "        \n"
                           "         end"));
  EXPECT_TRUE(
    render_system_message(chain_of_thought(task("a -> b", instructions)))
      .ends_with("objective is: \n"
                 "        Do it.\n"
                 "        \n"
                 "         - well\n"
                 "        \n"
                 "        end"));
}

TEST(Prompt, BreaksInstructionsAtEveryUnicodeLineEnd) {
  EXPECT_TRUE(render_system_message(task("a -> b", "one\x0btwo\u2028three"))
                .ends_with("is: \n        one\n        two\n        three"));
}

TEST(Prompt, ShowsIncompleteDemosFirstAndDropsUselessOnes) {
  auto demos = object(R"([{"q":"1","a":"one"},{"q":"2"},{"q":"3","b":true},
                          {"q":"4","a":"four","b":null},
                          {"q":"5","a":"five","b":true,"more":1}])");
  auto messages = messages_of(task("q -> a, b: bool"), object(R"({"q":"6"})"),
                              prompt_adapter::chat, demos);
  ASSERT_EQ(messages.size(), 10U);
  auto content = [&](size_t i) {
    return messages[i]["content"].get<std::string>();
  };
  EXPECT_EQ(content(1), "This is an example of the task, though some input or "
                        "output fields are not supplied.\n\n[[ ## q ## ]]\n1");
  EXPECT_EQ(content(2), "[[ ## a ## ]]\none\n\n[[ ## b ## ]]\nNot supplied "
                        "for this particular example.\n\n"
                        "[[ ## completed ## ]]\n");
  EXPECT_EQ(content(4), "[[ ## a ## ]]\nNot supplied for this particular "
                        "example. \n\n[[ ## b ## ]]\nTrue\n\n"
                        "[[ ## completed ## ]]\n");
  EXPECT_EQ(content(6), "[[ ## a ## ]]\nfour\n\n[[ ## b ## ]]\nNone\n\n"
                        "[[ ## completed ## ]]\n");
  EXPECT_EQ(content(7), "[[ ## q ## ]]\n5");
}

TEST(Prompt, AsksForOneObjectInTheJsonFormat) {
  auto messages = messages_of(task("q -> a: int, b"), object(R"({"q":"2"})"),
                              prompt_adapter::json_object,
                              object(R"([{"q":"1","a":[1],"b":"x"}])"));
  ASSERT_EQ(messages.size(), 4U);
  auto system = messages[0]["content"].get<std::string>();
  EXPECT_NE(system.find("Outputs will be a JSON object with the following "
                        "fields.\n\n{\n  \"a\": \"{a}        # note: the "
                        "value you produce must be a single int value\",\n"
                        "  \"b\": \"{b}\"\n}\n"),
            std::string::npos)
    << system;
  EXPECT_EQ(messages[2]["content"],
            "{\n  \"a\": [\n    1\n  ],\n  \"b\": \"x\"\n}");
  EXPECT_EQ(messages[3]["content"],
            "[[ ## q ## ]]\n2\n\nRespond with a JSON object in the following "
            "order of fields: `a` (must be formatted as a valid Python int), "
            "then `b`.");
}

TEST(Prompt, PutsAConversationBeforeTheQuestion) {
  auto messages = messages_of(
    task("chat: history, q -> a"),
    object(R"({"q":"3","chat":[{"q":"1","a":"one"},{"a":"two"}]})"));
  ASSERT_EQ(messages.size(), 5U);
  EXPECT_EQ(messages[1]["content"], "[[ ## q ## ]]\n1");
  EXPECT_EQ(messages[2]["content"],
            "[[ ## a ## ]]\none\n\n[[ ## completed ## ]]\n");
  EXPECT_EQ(messages[3]["role"], "assistant");
}

TEST(Prompt, SplitsImagesIntoBlocks) {
  auto messages = messages_of(task("a: image, q -> b"),
                              object(R"({"a":"http://x/y.png","q":"?"})"));
  auto& content = messages[1]["content"];
  ASSERT_EQ(content.size(), 3U) << dump_json(content);
  EXPECT_EQ(content[0]["text"], "[[ ## a ## ]]\n");
  EXPECT_EQ(dump_json(content[1]),
            R"({"type":"image_url","image_url":{"url":"http://x/y.png"}})");
  auto list = messages_of(task("a: list[image] -> b"),
                          object(R"({"a":["http://x/\"1\"","http://x/2"]})"));
  EXPECT_EQ(list[1]["content"][1]["image_url"]["url"], "http://x/\"1\"");
  EXPECT_EQ(list[1]["content"][3]["image_url"]["url"], "http://x/2");
}

TEST(Prompt, RefusesAListOfNumbersForAText) {
  auto made = prompt::make(task("q -> a"), prompt_adapter::chat).value();
  auto refused = made.messages(object(R"({"q":[1]})"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(to_string(refused.error()),
            "invalid_input: Field q is text: a list for it must hold texts, "
            "not 1");
}

} // namespace

} // namespace dspex::test
