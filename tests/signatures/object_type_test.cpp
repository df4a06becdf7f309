#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dspex/any_signature.hpp"

namespace dspex::test::object_type {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

json read_json(std::string_view text) {
  return parse_json(text).value();
}

/// The canonical form of a signature whose input `a` is by the schema.
result<any_signature> by_schema(const std::string& schema) {
  std::string text = "object('";
  for (auto c : schema) {
    if (c == '\\' || c == '\'')
      text += '\\';
    text += c;
  }
  json a{{"name", "a"},
         {"type", text + "')"},
         {"constraints", json::object()},
         {"description", ""},
         {"required", true}};
  auto b = a;
  b["name"] = "b";
  b["type"] = "str";
  return any_signature::from_json(json::array({a}), json::array({b}));
}

std::vector<problem> check(const std::string& schema, const json& value) {
  auto sig = by_schema(schema);
  if (!sig) {
    ADD_FAILURE() << sig.error().message;
    return {};
  }
  json values{{"a", value}};
  auto result = sig->validate(side::inputs, values);
  EXPECT_EQ(values["a"], value);
  return result;
}

std::string refusal(const std::string& schema) {
  auto sig = by_schema(schema);
  return sig ? "accepted" : sig.error().message;
}

// -- values -------------------------------------------------------------------

struct fit {
  const char* schema;
  const char* value;
};

class ObjectAcceptedTable : public testing::TestWithParam<fit> {};

TEST_P(ObjectAcceptedTable, Fits) {
  auto [schema, value] = GetParam();
  EXPECT_THAT(check(schema, read_json(value)), IsEmpty());
}

constexpr fit accepted[] = {
  {"true", "{\"x\": 1}"},
  {"{}", "null"},
  {R"({"type": "integer"})", "2.0"},
  {R"({"type": "integer"})", "18446744073709551615"},
  {R"({"type": ["string", "null"]})", "null"},
  {R"({"enum": [1, "a", {"x": [2]}]})", "{\"x\": [2.0]}"},
  {R"({"const": null})", "null"},
  {R"({"minLength": 2, "maxLength": 2})", R"("ä😀")"},
  {R"({"minLength": 2})", "5"},
  {R"({"pattern": "^\\d+$"})", R"("42")"},
  {R"({"minimum": 1, "exclusiveMaximum": 2})", "1"},
  {R"({"multipleOf": 0.1})", "0.3"},
  {R"({"multipleOf": 5})", "-15.0"},
  {R"({"prefixItems": [{"type": "string"}], "items": {"type": "integer"}})",
   R"(["a", 1, 2])"},
  {R"({"prefixItems": [{"type": "string"}], "items": false})", R"(["a"])"},
  {R"({"contains": {"type": "string"}, "minContains": 0})", "[1]"},
  {R"({"contains": {"type": "string"}, "maxContains": 1})", R"([1, "a"])"},
  {R"({"uniqueItems": true})", "[1, \"1\", [1], {}]"},
  {R"({"properties": {"x": {"type": "integer"}}})", "{\"y\": \"z\"}"},
  {R"({"patternProperties": {"^x-": {"type": "integer"}},
       "additionalProperties": false})",
   "{\"x-a\": 1}"},
  {R"({"propertyNames": {"maxLength": 1}})", "{\"a\": 1}"},
  {R"({"dependentRequired": {"card": ["address"]}})", "{\"address\": 1}"},
  {R"({"allOf": [{"minimum": 1}, {"maximum": 3}]})", "2"},
  {R"({"oneOf": [{"minimum": 5}, {"maximum": 3}]})", "2"},
  {R"({"not": {"type": "string"}})", "2"},
  {R"({"if": {"minimum": 10}, "then": {"multipleOf": 10},
       "else": {"type": "integer"}})",
   "20"},
  {R"({"$ref": "#/$defs/x~1y%25", "$defs": {"x/y%": {"type": "integer"}}})",
   "1"},
  {R"({"properties": {"next": {"$ref": "#"}, "v": {"type": "integer"}},
       "required": ["v"]})",
   R"({"v": 1, "next": {"v": 2, "next": {"v": 3}}})"},
  {R"({"$schema": "https://json-schema.org/draft/2020-12/schema",
       "$id": "https://example.com/x", "title": "X", "default": 1,
       "format": "email", "x-own": [1]})",
   "\"no mail\""},
};

INSTANTIATE_TEST_SUITE_P(Accepted, ObjectAcceptedTable,
                         testing::ValuesIn(accepted));

struct misfit {
  const char* schema;
  const char* value;
  const char* pointer;
  const char* code;
  const char* message;
};

class ObjectRefusedTable : public testing::TestWithParam<misfit> {};

TEST_P(ObjectRefusedTable, HasOneProblemWithThePlaceInside) {
  auto [schema, value, pointer, code, message] = GetParam();
  EXPECT_THAT(check(schema, read_json(value)),
              ElementsAre(problem{pointer, code, message}));
}

constexpr misfit refused[] = {
  {"false", "1", "/a", "unknown", "Field a: must not be there"},
  {R"({"type": "integer"})", "1.5", "/a", "type",
   "Field a: must be an integer, got 1.5"},
  {R"({"type": ["string", "null"]})", "1", "/a", "type",
   "Field a: must be a string or null, got 1"},
  {R"({"enum": ["x", 1]})", "\"y\"", "/a", "choice",
   "Field a: must be one of \"x\", 1, got \"y\""},
  {R"({"const": "x"})", "\"y\"", "/a", "choice",
   "Field a: must be \"x\", got \"y\""},
  {R"({"minLength": 2})", "\"ä\"", "/a", "length",
   "Field a: must have at least 2 characters, has 1"},
  {R"({"maxLength": 1})", "\"ab\"", "/a", "length",
   "Field a: must have at most 1 character, has 2"},
  {R"({"pattern": "^b"})", "\"ab\"", "/a", "pattern",
   "Field a: must match \"^b\", got \"ab\""},
  {R"({"minimum": 1})", "0", "/a", "range",
   "Field a: must be at least 1, got 0"},
  {R"({"maximum": 9007199254740992})", "9007199254740993", "/a", "range",
   "Field a: must be at most 9007199254740992, got 9007199254740993"},
  {R"({"exclusiveMinimum": 1})", "1.0", "/a", "range",
   "Field a: must be above 1, got 1.0"},
  {R"({"exclusiveMaximum": 1})", "1", "/a", "range",
   "Field a: must be below 1, got 1"},
  {R"({"multipleOf": 5})", "7", "/a", "range",
   "Field a: must be a multiple of 5, got 7"},
  {R"({"items": {"properties": {"x/y": {"type": "integer"}}}})",
   R"([{}, {"x/y": "z"}])", "/a/1/x~1y", "type",
   "Field a[1][\"x/y\"]: must be an integer, got \"z\""},
  {R"({"prefixItems": [true], "items": false})", "[1, 2]", "/a/1", "unknown",
   "Field a[1]: must not be there"},
  {R"({"contains": {"type": "string"}})", "[1]", "/a", "length",
   "Field a: must have at least 1 item of the kind its schema asks for, has 0"},
  {R"({"contains": {"type": "string"}, "maxContains": 1})", R"(["a", "b"])",
   "/a", "length",
   "Field a: must have at most 1 item of the kind its schema asks for, has 2"},
  {R"({"minItems": 1})", "[]", "/a", "length",
   "Field a: must have at least 1 item, has 0"},
  {R"({"maxItems": 1})", "[1, 2]", "/a", "length",
   "Field a: must have at most 1 item, has 2"},
  {R"({"uniqueItems": true})", "[1, 2, 1.0]", "/a/2", "unique",
   "Field a[2]: must be unique, item 0 is 1.0 too"},
  {R"({"required": ["x"]})", "{}", "/a/x", "missing",
   "Field a[\"x\"]: is missing"},
  {R"({"properties": {"x": true}, "additionalProperties": false})",
   R"({"x": 1, "y": 2})", "/a/y", "unknown",
   "Field a[\"y\"]: must not be there"},
  {R"({"patternProperties": {"^x": {"type": "integer"}}})", R"({"xx": "y"})",
   "/a/xx", "type", "Field a[\"xx\"]: must be an integer, got \"y\""},
  {R"({"propertyNames": {"pattern": "^x"}})", R"({"y": 1})", "/a/y", "unknown",
   "Field a[\"y\"]: must not have this name"},
  {R"({"minProperties": 1})", "{}", "/a", "length",
   "Field a: must have at least 1 member, has 0"},
  {R"({"maxProperties": 0})", R"({"y": 1})", "/a", "length",
   "Field a: must have at most 0 members, has 1"},
  {R"({"dependentRequired": {"card": ["address"]}})", R"({"card": 1})",
   "/a/address", "missing", "Field a[\"address\"]: is missing"},
  {R"({"dependentSchemas": {"card": {"required": ["address"]}}})",
   R"({"card": 1})", "/a/address", "missing",
   "Field a[\"address\"]: is missing"},
  {R"({"anyOf": [{"type": "string"}, {"minimum": 5}]})", "2", "/a", "type",
   "Field a: must fit one of 2 schemas, fits none; it is 2"},
  {R"({"anyOf": [{"minimum": 5}]})", "2", "/a", "range",
   "Field a: must be at least 5, got 2"},
  {R"({"oneOf": [{"minimum": 1}, {"maximum": 3}]})", "2", "/a", "type",
   "Field a: must fit one of 2 schemas, fits 2; it is 2"},
  {R"({"not": {"type": "integer"}})", "2", "/a", "type",
   "Field a: must not fit what its schema excludes; it is 2"},
  {R"({"if": {"minimum": 10}, "then": {"multipleOf": 10}})", "12", "/a",
   "range", "Field a: must be a multiple of 10, got 12"},
  {R"({"if": {"minimum": 10}, "else": {"multipleOf": 5}})", "7", "/a", "range",
   "Field a: must be a multiple of 5, got 7"},
  {R"({"$ref": "#/$defs/n", "maximum": 3, "$defs": {"n": {"minimum": 1}}})",
   "4", "/a", "range", "Field a: must be at most 3, got 4"},
  {R"({"properties": {"next": {"$ref": "#"}}, "required": ["v"]})",
   R"({"v": 1, "next": {"v": 2, "next": {}}})", "/a/next/next/v", "missing",
   "Field a[\"next\"][\"next\"][\"v\"]: is missing"},
};

INSTANTIATE_TEST_SUITE_P(Refused, ObjectRefusedTable,
                         testing::ValuesIn(refused));

TEST(ObjectType, ReportsAllProblemsAtOnce) {
  EXPECT_THAT(
    check(R"({"type": "object", "required": ["name", "age"],
              "properties": {"name": {"type": "string"},
                             "age": {"type": "integer", "minimum": 0},
                             "tags": {"items": {"minLength": 1}}},
              "additionalProperties": false})",
          read_json(R"({"age": -1, "tags": ["", "x", ""], "other": 1})")),
    ElementsAre(
      problem{"/a/name", "missing", "Field a[\"name\"]: is missing"},
      problem{"/a/age", "range",
              "Field a[\"age\"]: must be at least 0, got -1"},
      problem{"/a/tags/0", "length",
              "Field a[\"tags\"][0]: must have at least 1 character, has 0"},
      problem{"/a/tags/2", "length",
              "Field a[\"tags\"][2]: must have at least 1 character, has 0"},
      problem{"/a/other", "unknown", "Field a[\"other\"]: must not be there"}));
}

TEST(ObjectType, ConvertsNothing) {
  auto sig = any_signature::parse(
    R"(a: object('{"type": "integer"}'), c: int | object('{}') -> b)");
  ASSERT_TRUE(sig) << sig.error().message;
  json values{{"a", 2.0}, {"c", 3.0}};
  EXPECT_THAT(sig->validate(side::inputs, values), IsEmpty());
  EXPECT_EQ(dump_json(values), R"({"a":2.0,"c":3.0})");
}

// -- schemas ------------------------------------------------------------------

struct fault {
  const char* schema;
  const char* why;
};

class SchemaFaultTable : public testing::TestWithParam<fault> {};

TEST_P(SchemaFaultTable, IsRefusedWhenTheSignatureIsRead) {
  auto [schema, why] = GetParam();
  EXPECT_THAT(refusal(schema),
              HasSubstr("expected a JSON Schema (" + std::string{why}
                        + "), found the string"));
}

constexpr fault faults[] = {
  {R"({"a": 1)", "line 1, column 8: unexpected \"1\""},
  {R"({"type": "object", "type": "array"})",
   "line 1, column 26: duplicate member name \"type\""},
  {"[]", "a schema: an object, true or false"},
  {R"({"type": "number?"})",
   "at /type the name of a type of JSON or a list of them"},
  {R"({"type": []})", "at /type the name of a type of JSON or a list of them"},
  {R"({"type": ["null", "null"]})",
   "at /type the name of a type of JSON or a list of them"},
  {R"({"enum": []})", "at /enum a list of values, not empty"},
  {R"({"minLength": -1})", "at /minLength an integer of 0 or more"},
  {R"({"maxItems": 1.5})", "at /maxItems an integer of 0 or more"},
  {R"({"minimum": "1"})", "at /minimum a number"},
  {R"({"multipleOf": 0})", "at /multipleOf a number above 0"},
  {R"({"uniqueItems": 1})", "at /uniqueItems true or false"},
  {R"({"pattern": 1})", "at /pattern a pattern"},
  {R"({"pattern": "("})", "at /pattern an RE2 pattern (missing ): ()"},
  {R"({"pattern": "(?=x)y"})",
   "at /pattern an RE2 pattern (invalid perl operator: (?=)"},
  {R"({"patternProperties": {"(": true}})",
   "at /patternProperties/( an RE2 pattern (missing ): ()"},
  {R"({"required": "x"})", "at /required a list of different names"},
  {R"({"required": ["x", "x"]})", "at /required a list of different names"},
  {R"({"dependentRequired": {"x": [1]}})",
   "at /dependentRequired/x a list of different names"},
  {R"({"allOf": []})", "at /allOf a list of schemas, not empty"},
  {R"({"anyOf": {}})", "at /anyOf a list of schemas, not empty"},
  {R"({"items": [{}]})", "at /items a schema: an object, true or false"},
  {R"({"properties": []})", "at /properties an object"},
  {R"({"properties": {"x/y": {"items": {"type": 1}}}})",
   "at /properties/x~1y/items/type the name of a type of JSON or a list of "
   "them"},
  {R"({"$defs": {"x": 1}})", "at /$defs/x a schema: an object, true or false"},
  {R"({"$schema": "http://json-schema.org/draft-07/schema#"})",
   "at /$schema \"https://json-schema.org/draft/2020-12/schema\""},
  {R"({"properties": {"x": {"$id": "x"}}})",
   "at /properties/x/$id no $id but at the root"},
  {R"({"unevaluatedProperties": false})",
   "at /unevaluatedProperties a schema without unevaluatedProperties"},
  {R"({"items": {"$dynamicRef": "#x"}})",
   "at /items/$dynamicRef a schema without $dynamicRef"},
};

INSTANTIATE_TEST_SUITE_P(Faults, SchemaFaultTable, testing::ValuesIn(faults));

TEST(ObjectSchema, RefersOnlyIntoItself) {
  for (std::string reference :
       {"https://example.com/schema.json", "file:///etc/passwd", "other.json",
        "#name", "#/$defs/none", "#/$defs/x/0", "#/%4", "#/~2", ""})
    EXPECT_THAT(
      refusal(R"({"$defs": {"x": {}}, "items": {"$ref": ")" + reference
              + "\"}}"),
      HasSubstr("(at /items/$ref a reference into the schema itself, like "
                "#/$defs/name)"))
      << reference;
  EXPECT_THAT(refusal(R"({"$ref": 1})"), HasSubstr("a reference into"));
  EXPECT_THAT(refusal(R"({"$ref": "#/title", "title": "x"})"),
              HasSubstr("(at /$ref a schema: an object, true or false)"));
}

TEST(ObjectSchema, DoesNotLeadBackToItselfOnTheSpot) {
  for (const char* schema :
       {R"({"$ref": "#"})", R"({"allOf": [{"$ref": "#"}]})",
        R"({"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref":
            "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}})",
        R"({"items": {"$ref": "#/items"}})",
        R"({"dependentSchemas": {"x": {"if": {"$ref": "#"}}}})"})
    EXPECT_THAT(refusal(schema), HasSubstr("does not lead back to itself"))
      << schema;
}

TEST(ObjectSchema, RefusesALongChainOfReferences) {
  std::string schema = R"({"$ref": "#/$defs/d0", "$defs": {)";
  for (int i = 0; i < 500; ++i)
    schema += "\"d" + std::to_string(i) + R"(": {"$ref": "#/$defs/d)"
              + std::to_string(i + 1) + "\"}, ";
  EXPECT_THAT(refusal(schema + R"("d500": {}}})"),
              HasSubstr("at most 200 schemas in a row"));
}

TEST(ObjectSchema, RefusesDeepNesting) {
  auto nested = [](int depth) {
    std::string result;
    for (int i = 0; i < depth; ++i)
      result += R"({"items":)";
    return result + "{}" + std::string(static_cast<size_t>(depth), '}');
  };
  EXPECT_EQ(refusal(nested(60)), "accepted");
  EXPECT_THAT(refusal(nested(70)), HasSubstr("expected a JSON Schema"));
  EXPECT_THAT(refusal(nested(3000)), HasSubstr("expected a JSON Schema"));
}

// -- hostile schemas and values -----------------------------------------------

TEST(ObjectType, GivesUpOnASchemaThatMultipliesItsWork) {
  // Each level of the value is judged twice by each of two schemas.
  std::string schema = R"({"anyOf": [{"items": {"$ref": "#"}, "minItems": 2},
                                     {"items": {"$ref": "#"}, "minItems": 3}]})";
  json value = json::array();
  for (int i = 0; i < 100; ++i)
    value = json::array({value});
  EXPECT_THAT(check(schema, value),
              ElementsAre(problem{
                "/a", "type",
                "Field a: takes too many steps to be judged by its schema"}));
  std::string wide = R"({"$ref": "#/$defs/d0", "$defs": {)";
  for (int i = 0; i < 40; ++i) {
    auto next = R"({"$ref": "#/$defs/d)" + std::to_string(i + 1) + "\"}";
    wide += "\"d" + std::to_string(i) + R"(": {"allOf": [)" + next + ", " + next
            + "]}, ";
  }
  EXPECT_THAT(check(wide + R"("d40": {}}})", 1),
              ElementsAre(problem{
                "/a", "type",
                "Field a: takes too many steps to be judged by its schema"}));
}

TEST(ObjectType, JudgesLongTextsByPatterns) {
  json value(std::string(1'000'000, 'a'));
  EXPECT_THAT(check(R"({"pattern": "^(a|b)*$"})", value), IsEmpty());
  EXPECT_EQ(check(R"({"pattern": "^(a|b)*c$"})", value).size(), 1u);
}

TEST(ObjectType, FindsRepeatsInLongLists) {
  auto value = json::array();
  for (int i = 0; i < 20'000; ++i)
    value.push_back(i);
  EXPECT_THAT(check(R"({"uniqueItems": true})", value), IsEmpty());
}

TEST(ObjectType, JudgesDeepValuesByARecursiveSchema) {
  json value = json::object();
  for (int i = 0; i < 120; ++i)
    value = json{{"next", value}};
  EXPECT_THAT(check(R"({"type": "object", "properties": {"next":
                        {"$ref": "#"}}, "additionalProperties": false})",
                    value),
              IsEmpty());
}

} // namespace

} // namespace dspex::test::object_type
