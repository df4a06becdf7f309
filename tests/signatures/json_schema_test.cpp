#include "dspex/json_schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dspex::test::schema_form {

namespace {

using testing::HasSubstr;

any_signature read(std::string_view text) {
  return any_signature::parse(text).value();
}

/// The schema of output `a` of a type.
std::string schema_of(std::string_view type, schema_provider provider,
                      bool strict = true) {
  auto sig = any_signature::parse("x -> a: " + std::string{type});
  if (!sig)
    return sig.error().message;
  auto schema = json_schema(*sig, side::outputs, provider, {.strict = strict});
  if (!schema)
    return schema.error().message;
  auto result = dump_json((*schema)["properties"]["a"]);
  if (schema->contains("$defs"))
    result += " with " + dump_json((*schema)["$defs"]);
  return result;
}

TEST(JsonSchema, DescribesAllFieldsOfOneSide) {
  auto sig = read("question -> answer: str \"one word\", "
                  "confidence: probability, note: str | none");
  EXPECT_EQ(
    dump_json(json_schema(sig, side::outputs, schema_provider::openai).value()),
    R"({"type":"object","properties":{)"
    R"("answer":{"description":"one word","type":"string"},)"
    R"("confidence":{"type":"number","minimum":0,"maximum":1},)"
    R"("note":{"anyOf":[{"type":"string"},{"type":"null"}]}},)"
    R"("required":["answer","confidence","note"],)"
    R"("additionalProperties":false})");
  EXPECT_EQ(
    dump_json(json_schema(sig, side::outputs, schema_provider::plain).value()),
    R"({"$schema":"https://json-schema.org/draft/2020-12/schema",)"
    R"("type":"object","properties":{)"
    R"("answer":{"description":"one word","type":"string"},)"
    R"("confidence":{"type":"number","minimum":0,"maximum":1},)"
    R"("note":{"anyOf":[{"type":"string"},{"type":"null"}]}},)"
    R"("required":["answer","confidence"],)"
    R"("additionalProperties":false})");
  EXPECT_EQ(
    dump_json(json_schema(sig, side::inputs, schema_provider::google).value()),
    R"({"type":"object","properties":{"question":{"type":"string"}},)"
    R"("required":["question"],"additionalProperties":false})");
}

struct description {
  const char* type;
  schema_provider provider;
  const char* schema;
};

class JsonSchemaTable : public testing::TestWithParam<description> {};

TEST_P(JsonSchemaTable, DescribesTheType) {
  auto [type, provider, schema] = GetParam();
  EXPECT_EQ(schema_of(type, provider), schema);
}

constexpr auto openai = schema_provider::openai;
constexpr auto anthropic = schema_provider::anthropic;
constexpr auto google = schema_provider::google;
constexpr auto plain = schema_provider::plain;

constexpr description descriptions[] = {
  {"bool", plain, R"({"type":"boolean"})"},
  {"none", plain, R"({"type":"null"})"},
  {"any", plain, "{}"},
  {"any", google, "{}"},
  {"str(min_length=1, max_length=9, pattern='^a', one_of=['a', 'ab'])", plain,
   R"({"type":"string","minLength":1,"maxLength":9,"pattern":"^a",)"
   R"("enum":["a","ab"]})"},
  {"str(min_length=1, max_length=9, pattern='^a')", openai,
   R"({"type":"string","pattern":"^a"})"},
  {"str(min_length=1, pattern='^a', one_of=['a'])", anthropic,
   R"({"type":"string","enum":["a"]})"},
  {"int(min=0, max=10, multiple_of=5)", openai,
   R"({"type":"integer","minimum":0,"maximum":10,"multipleOf":5})"},
  {"int(min=0, max=10, multiple_of=5)", anthropic, R"({"type":"integer"})"},
  {"int(min=0, max=10, multiple_of=5)", google,
   R"({"type":"integer","minimum":0,"maximum":10})"},
  {"float(min=0.5)", plain, R"({"type":"number","minimum":0.5})"},
  {"list[int](min_length=2, max_length=3, unique=true)", plain,
   R"({"type":"array","items":{"type":"integer"},"minItems":2,"maxItems":3,)"
   R"("uniqueItems":true})"},
  {"list[int](min_length=2, max_length=3, unique=true)", openai,
   R"({"type":"array","items":{"type":"integer"},"minItems":2,"maxItems":3})"},
  {"list[int](min_length=2, max_length=3)", anthropic,
   R"({"type":"array","items":{"type":"integer"},"minItems":1})"},
  {"dict", plain, R"({"type":"object"})"},
  {"dict[int, str](min_size=1)", plain,
   R"({"type":"object","propertyNames":{"pattern":"^(0|-?[1-9][0-9]*)$"},)"
   R"("additionalProperties":{"type":"string"},"minProperties":1})"},
  {"dict[int, str](min_size=1)", google,
   R"({"type":"object","additionalProperties":{"type":"string"}})"},
  {"tuple[int, str]", plain,
   R"({"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}],)"
   R"("minItems":2,"maxItems":2})"},
  {"tuple[int, str]", openai,
   R"({"type":"array","items":{"anyOf":[{"type":"integer"},)"
   R"({"type":"string"}]},"minItems":2,"maxItems":2})"},
  {"tuple[int, int]", anthropic,
   R"({"type":"array","items":{"type":"integer"},"minItems":1})"},
  {"literal['a', 'b']", openai, R"({"type":"string","enum":["a","b"]})"},
  {"literal['a', 1, true]", plain,
   R"({"anyOf":[{"type":"string","enum":["a"]},{"type":"integer","enum":[1]},)"
   R"({"type":"boolean","enum":[true]}]})"},
  {"literal[true]", google, R"({"type":"boolean"})"},
  {"int | str", anthropic,
   R"({"anyOf":[{"type":"integer"},{"type":"string"}]})"},
  {"none | int", openai, R"({"anyOf":[{"type":"integer"},{"type":"null"}]})"},
  {"embedding(dimensions=3)", openai,
   R"({"type":"array","items":{"type":"number"},"minItems":3,"maxItems":3})"},
  {"confidence_score(min=0.5)", plain,
   R"({"type":"number","minimum":0.5,"maximum":1})"},
  {"reasoning_chain(max_length=3)", google,
   R"({"type":"array","items":{"type":"string"},"maxItems":3})"},
  {"datetime", openai, R"({"type":"string","format":"date-time"})"},
  {"image", plain, R"({"type":"string","format":"uri"})"},
  {"image", openai, R"({"type":"string"})"},
  {"history", plain, R"({"type":"array","items":{"type":"object"}})"},
  // Schemas of users
  {R"(object('{"type":"object","properties":{"n":{"type":"integer",
      "minimum":1,"default":2}},"required":["n"],"x-own":1}'))",
   plain,
   R"({"type":"object","properties":{"n":{"type":"integer","minimum":1,)"
   R"("default":2}},"required":["n"],"x-own":1})"},
  {R"(object('{"type":"object","properties":{"n":{"type":"integer",
      "minimum":1,"default":2}},"required":["n"],"x-own":1}'))",
   openai,
   R"({"type":"object","properties":{"n":{"type":"integer","minimum":1}},)"
   R"("required":["n"],"additionalProperties":false})"},
  {R"(object('{"type":"string","format":"uri"}'))", google,
   R"({"type":"string"})"},
  {R"(object('{"const":"x"}'))", openai, R"({"enum":["x"]})"},
  {R"(object('{"const":"x"}'))", anthropic, R"({"const":"x"})"},
  {R"(object('{"oneOf":[{"type":"string"},{"type":"null"}]}'))", openai,
   R"({"anyOf":[{"type":"string"},{"type":"null"}]})"},
  {R"(list[object('{"$ref":"#/$defs/T","$defs":{"T":{"type":"object",
      "properties":{"next":{"$ref":"#/$defs/T","description":"d"}},
      "required":["next"]}}}')])",
   openai,
   R"({"type":"array","items":{"$ref":"#/$defs/a.T"}} with )"
   R"({"a.T":{"type":"object","properties":{"next":{"description":"d",)"
   R"("anyOf":[{"$ref":"#/$defs/a.T"}]}},"required":["next"],)"
   R"("additionalProperties":false}})"},
  {R"(object('{"type":"object","properties":{"next":{"$ref":"#"}}}'))", plain,
   R"({"type":"object","properties":{"next":{"$ref":"#/$defs/a"}}} with )"
   R"({"a":{"type":"object","properties":{"next":{"$ref":"#/$defs/a"}}}})"},
  // Types that a provider cannot be told.
  {"dict", openai,
   "openai in strict mode does not take the fields a (dict); without strict "
   "it does"},
  {"list[dict[str, int]] | none", openai,
   "openai in strict mode does not take the fields a (dict); without strict "
   "it does"},
  {"any", openai,
   "openai in strict mode does not take the fields a (any); without strict it "
   "does"},
  {"list", anthropic,
   "anthropic in strict mode does not take the fields a (any); without strict "
   "it does"},
  {"history", anthropic,
   "anthropic in strict mode does not take the fields a (history); without "
   "strict it does"},
  {"object('{}')", openai,
   "openai in strict mode does not take the fields a (object with a value of "
   "any kind); without strict it does"},
  {R"(object('{"type":"object"}'))", anthropic,
   "anthropic in strict mode does not take the fields a (object with an object "
   "with members of any name); without strict it does"},
  {R"(object('{"type":"object","properties":{"b":{"type":"object",
      "properties":{"c":{"type":"null"}}}},"required":["b"]}'))",
   openai,
   "openai in strict mode does not take the fields a (object with the optional "
   "member \"c\" at /properties/b); without strict it does"},
  {R"(object('{"type":"string","not":{"const":"x"}}'))", google,
   "google does not take the fields a (object with the keyword not)"},
  {R"(object('{"type":["array","null"]}'))", openai,
   "openai in strict mode does not take the fields a (object with a list of "
   "values of any kind); without strict it does"},
  {R"(object('{"anyOf":[{"type":"string"}],"oneOf":[{"type":"null"}]}'))",
   anthropic,
   "anthropic in strict mode does not take the fields a (object with the "
   "keywords anyOf and oneOf together); without strict it does"},
  {R"(object('{"$ref":"#/$defs/T","anyOf":[{"type":"null"}],"$defs":{"T":
      {"type":"null"}}}'))",
   openai,
   "openai in strict mode does not take the fields a (object with a reference "
   "beside alternatives); without strict it does"},
  {R"(object('{"enum":[[1]]}'))", google,
   "google does not take the fields a (object with a list or an object as a "
   "choice at /enum)"},
  {R"(object('{"type":"array","items":{"$ref":"#"}}'))", anthropic,
   "anthropic in strict mode does not take the fields a (object with a schema "
   "that leads back to itself); without strict it does"},
};

INSTANTIATE_TEST_SUITE_P(Descriptions, JsonSchemaTable,
                         testing::ValuesIn(descriptions));

TEST(JsonSchema, NamesEveryFieldThatCannotBeTold) {
  auto sig = read("x -> a: dict, b: int, c: any");
  auto schema = json_schema(sig, side::outputs, openai);
  ASSERT_FALSE(schema);
  EXPECT_EQ(schema.error().code, errc::invalid_option);
  EXPECT_THAT(schema.error().message, HasSubstr("a (dict), c (any)"));
  EXPECT_EQ(schema.error().details, (json{{"fields", {"a", "c"}}}));
}

TEST(JsonSchema, IsThePlainOneWithoutStrict) {
  for (auto provider : {openai, anthropic}) {
    EXPECT_EQ(schema_of("dict[str, int]", provider, false),
              R"({"type":"object","additionalProperties":{"type":"integer"}})");
    EXPECT_EQ(schema_of("str(min_length=1)", provider, false),
              R"({"type":"string","minLength":1})");
  }
  auto sig = read("x -> a: int | none");
  EXPECT_EQ(
    (*json_schema(sig, side::outputs, openai, {.strict = false}))["required"],
    json::array());
}

TEST(JsonSchema, AcceptsWhatTheSignatureAccepts) {
  // The plain schema is one that an `object` takes, so it judges by itself.
  auto sig = read("x -> a: dict[int, str](min_size=1), b: tuple[int, str], "
                  "c: literal['x', 1, true] | none, d: list[int](unique=true)");
  auto schema = json_schema(sig, side::outputs, plain).value();
  auto text = dump_json(schema);
  std::string quoted;
  for (auto c : text) {
    if (c == '\\' || c == '\'')
      quoted += '\\';
    quoted += c;
  }
  auto judge = any_signature::parse("v: object('" + quoted + "') -> y");
  ASSERT_TRUE(judge) << judge.error().message;
  auto judged = [&](std::string_view values) {
    auto read_values = parse_json(values).value();
    json wrapped{{"v", read_values}};
    auto by_schema = judge->validate(side::inputs, wrapped).size();
    auto by_signature = sig.validate(side::outputs, read_values).size();
    EXPECT_EQ(by_schema > 0, by_signature > 0) << values;
    return by_schema == 0;
  };
  EXPECT_TRUE(judged(R"({"a":{"-1":"x"},"b":[1,"y"],"c":true,"d":[1,2]})"));
  EXPECT_TRUE(judged(R"({"a":{"0":""},"b":[1,""],"d":[]})"));
  EXPECT_FALSE(judged(R"({"a":{},"b":[1,"y"],"c":true,"d":[1,2]})"));
  EXPECT_FALSE(judged(R"({"a":{"01":"x"},"b":[1,"y"],"d":[]})"));
  EXPECT_FALSE(judged(R"({"a":{"1":"x"},"b":[1],"d":[]})"));
  EXPECT_FALSE(judged(R"({"a":{"1":"x"},"b":[1,"y"],"c":false,"d":[]})"));
  EXPECT_FALSE(judged(R"({"a":{"1":"x"},"b":[1,"y"],"d":[1,1]})"));
  EXPECT_FALSE(judged(R"({"a":{"1":"x"},"b":[1,"y"],"d":[],"e":1})"));
}

TEST(JsonSchema, KnowsTheNamesOfProviders) {
  for (auto provider : {openai, anthropic, google, plain})
    EXPECT_EQ(schema_provider_from_string(to_string(provider)), provider);
  EXPECT_EQ(schema_provider_from_string("OpenAI"), std::nullopt);
}

} // namespace

} // namespace dspex::test::schema_form
