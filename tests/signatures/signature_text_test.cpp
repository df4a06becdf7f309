#include <gtest/gtest.h>

#include "dspex/any_signature.hpp"

namespace dspex::test::signature_text {

namespace {

/// Reads a text that must be good.
any_signature read(std::string_view text) {
  auto result = any_signature::parse(text);
  if (!result) {
    ADD_FAILURE() << result.error().message;
    return {};
  }
  return *result;
}

std::string canonical(std::string_view text) {
  return read(text).to_text();
}

struct reading {
  const char* text;
  const char* canonical;
};

class SignatureTextTable : public testing::TestWithParam<reading> {};

TEST_P(SignatureTextTable, IsReadAndPrintedInCanonicalForm) {
  auto sig = read(GetParam().text);
  EXPECT_EQ(sig.to_text(), GetParam().canonical);
  auto again = read(sig.to_text());
  EXPECT_EQ(again.to_text(), GetParam().canonical);
  EXPECT_EQ(again.inputs(), sig.inputs());
  EXPECT_EQ(again.outputs(), sig.outputs());
  EXPECT_EQ(again, sig);
}

constexpr reading readings[] = {
  // Fields
  {"a->b", "a: str -> b: str"},
  {"context: list[str], question -> answer: str, confidence: float",
   "context: list[str], question: str -> answer: str, confidence: float"},
  {" \t\r\na\n,\nb\n:\nint\n->\nc\n", "a: str, b: int -> c: str"},
  {"question: :string -> answer: : string", "question: str -> answer: str"},
  {"A1_b: int -> Completed, complete", "A1_b: int -> Completed: str, "
                                       "complete: str"},
  {"str: str, list: list -> any: any", "str: str, list: list[any] -> any: any"},
  // Aliases
  {"a: string, b: atom, c: integer, d: boolean -> e",
   "a: str, b: str, c: int, d: bool -> e: str"},
  {"a: list(str), b: list(:list(int)), c: List[Any] -> e",
   "a: list[str], b: list[list[int]], c: list[any] -> e: str"},
  {"a: Literal['x'] -> e", "a: literal['x'] -> e: str"},
  {"a: optional[int], b: Optional[int], c: int | None -> e",
   "a: int | none, b: int | none, c: int | none -> e: str"},
  {"a: union[int, str], b: Union[int, :str] -> e",
   "a: int | str, b: int | str -> e: str"},
  {"input1: str | None, input2: None | int -> output_union: int | str",
   "input1: str | none, input2: none | int -> output_union: int | str"},
  // Containers and texts of a form
  {"a: dict, b: map, c: Dict[str, any], d: dict[str, Any] -> e",
   "a: dict[str, any], b: dict[str, any], c: dict[str, any], d: dict[str, any] "
   "-> e: str"},
  {"a: dict[integer, :list(int)](max_size=3,min_size=1) -> e",
   "a: dict[int, list[int]](max_size=3, min_size=1) -> e: str"},
  {"a: dict(min_size=1) -> e", "a: dict[str, any](min_size=1) -> e: str"},
  {"a: tuple[int(min=0), str | none], b: Tuple[float] -> e",
   "a: tuple[int(min=0), str | none], b: tuple[float] -> e: str"},
  {"a: embedding(dimensions=3.0), b: embedding -> e",
   "a: embedding(dimensions=3), b: embedding -> e: str"},
  {"a: :probability(max=1.0, min=0.5), b: confidence_score -> e",
   "a: probability(max=1, min=0.5), b: confidence_score -> e: str"},
  {"a: reasoning_chain(max_length=4), b: reasoning_chain | none -> e",
   "a: reasoning_chain(max_length=4), b: reasoning_chain | none -> e: str"},
  {"a: datetime, b: image, c: history -> e: list[datetime]",
   "a: datetime, b: image, c: history -> e: list[datetime]"},
  {"dict: dict, image: image, tuple: tuple[int] -> object: object('true')",
   "dict: dict[str, any], image: image, tuple: tuple[int] -> object: "
   "object('true')"},
  {R"(a: object(" { \"type\" : \"object\" } "), b: list[object('{}')] -> e)",
   R"(a: object('{"type":"object"}'), b: list[object('{}')] -> e: str)"},
  {R"(a: object('{"pattern": "^it\'s \\\\d"}') -> e)",
   R"(a: object('{"pattern":"^it\'s \\\\d"}') -> e: str)"},
  // Unions
  {"a: union[int, union[str, none]] | bool -> e",
   "a: int | str | none | bool -> e: str"},
  {"a: optional[optional[int | none]] -> e", "a: int | none -> e: str"},
  {"a: str | str -> e", "a: str -> e: str"},
  {"a: union[int] -> e", "a: int -> e: str"},
  {"a: int(min=0) | int(min=1) -> e", "a: int(min=0) | int(min=1) -> e: str"},
  {"a: list[int | none] | none -> e", "a: list[int | none] | none -> e: str"},
  // Constraints
  {"age: int(min=0, max=150) -> e", "age: int(max=150, min=0) -> e: str"},
  {"name: str(min_length=2, pattern='^[a-z]+$') -> e",
   "name: str(min_length=2, pattern='^[a-z]+$') -> e: str"},
  {"a: str(one_of=['b', \"a\"]), b: int(one_of=[3, -1, 2.0]) -> e",
   "a: str(one_of=['b', 'a']), b: int(one_of=[3, -1, 2]) -> e: str"},
  {"a: int(multiple_of=5,max=10,min=-10) -> e",
   "a: int(max=10, min=-10, multiple_of=5) -> e: str"},
  {"a: float(min=0.0, max=1e0) -> e", "a: float(max=1, min=0) -> e: str"},
  {"a: float(min=-0.0, max=0.1) -> e", "a: float(max=0.1, min=0) -> e: str"},
  {"a: float(min=1e-3, max=1e30) -> e",
   "a: float(max=1e+30, min=0.001) -> e: str"},
  {"a: float(max=18446744073709551616) -> e",
   "a: float(max=18446744073709551616.0) -> e: str"},
  {"a: int(min=-9223372036854775808, max=9223372036854775807) -> e",
   "a: int(max=9223372036854775807, min=-9223372036854775808) -> e: str"},
  {"a: int(max=1e5) -> e", "a: int(max=100000) -> e: str"},
  {"a: list(min_length=1) -> e", "a: list[any](min_length=1) -> e: str"},
  {"a: list(str)(unique=True, max_length=3) -> e",
   "a: list[str](max_length=3, unique=true) -> e: str"},
  {"a: list[int(min=0)](unique=false) -> e",
   "a: list[int(min=0)](unique=false) -> e: str"},
  {"a: int(min=1, max=1) -> e", "a: int(max=1, min=1) -> e: str"},
  // Literals
  {"a: literal['a', \"b\", 3, -4, true, False] -> e",
   "a: literal['a', 'b', 3, -4, true, false] -> e: str"},
  {"a: literal['', 1, '1', true, 'true'] -> e",
   "a: literal['', 1, '1', true, 'true'] -> e: str"},
  {"a: literal[\"it's\", 'say \"hi\"'] -> e",
   R"(a: literal['it\'s', 'say "hi"'] -> e: str)"},
  // Descriptions and strings
  {"answer: str \"one short sentence\" -> b \"x -> y\"",
   "answer: str \"one short sentence\" -> b: str \"x -> y\""},
  {"a \"\" -> b", "a: str -> b: str"},
  {"a: str(pattern='a -> b, c') -> b", "a: str(pattern='a -> b, c') -> b: str"},
  {R"(a "say \"hi\" \\ it\'s \n\r\t" -> b)",
   R"(a: str "say \"hi\" \\ it's \n\r\t" -> b: str)"},
  {"a \"two\nlines\x01\" -> b", R"(a: str "two\nlines\u0001" -> b: str)"},
  {R"(a "\u00e4 \ud83d\uDE00" -> b)", "a: str \"ä 😀\" -> b: str"},
  {R"(a: str(pattern='^\d+\.\w$') -> b)",
   R"(a: str(pattern='^\\d+\\.\\w$') -> b: str)"},
  {R"(a: str(pattern='^\\d+$') -> b)", R"(a: str(pattern='^\\d+$') -> b: str)"},
};

INSTANTIATE_TEST_SUITE_P(Readings, SignatureTextTable,
                         testing::ValuesIn(readings));

TEST(SignatureText, KeepsNameTypeAndDescriptionOfEachField) {
  auto sig = read("age: int(min=0) | none \"in years\" -> tags: list[str]");
  ASSERT_EQ(sig.inputs().size(), 1u);
  const auto& age = sig.inputs()[0];
  EXPECT_EQ(age.name, "age");
  EXPECT_EQ(age.description, "in years");
  EXPECT_FALSE(age.required);
  EXPECT_EQ(age.type.kind, type_kind::union_);
  ASSERT_EQ(age.type.arguments.size(), 2u);
  EXPECT_EQ(age.type.arguments[0].kind, type_kind::integer);
  EXPECT_EQ(age.type.arguments[0].constraints, json({{"min", 0}}));
  EXPECT_EQ(age.type.arguments[1].kind, type_kind::none);
  ASSERT_EQ(sig.outputs().size(), 1u);
  const auto& tags = sig.outputs()[0];
  EXPECT_TRUE(tags.required);
  EXPECT_EQ(tags.type.kind, type_kind::list);
  EXPECT_EQ(tags.type.arguments.at(0).kind, type_kind::str);
  EXPECT_EQ(&sig.fields(side::inputs), &sig.inputs());
  EXPECT_EQ(&sig.fields(side::outputs), &sig.outputs());
}

TEST(SignatureText, KeepsWhatATypeIsMadeOf) {
  auto sig = read("a: dict[int, bool], b: tuple[int, str] -> "
                  "c: object('{\"type\": \"array\"}')");
  const auto& dict = sig.inputs()[0].type;
  EXPECT_EQ(dict.kind, type_kind::dict);
  ASSERT_EQ(dict.arguments.size(), 2u);
  EXPECT_EQ(dict.arguments[0].kind, type_kind::integer);
  EXPECT_EQ(dict.arguments[1].kind, type_kind::boolean);
  const auto& tuple = sig.inputs()[1].type;
  EXPECT_EQ(tuple.kind, type_kind::tuple);
  ASSERT_EQ(tuple.arguments.size(), 2u);
  EXPECT_EQ(tuple.arguments[1].kind, type_kind::str);
  const auto& object = sig.outputs()[0].type;
  EXPECT_EQ(object.kind, type_kind::object);
  EXPECT_EQ(object.schema, (json{{"type", "array"}}));
  EXPECT_TRUE(dict.schema.is_null());
}

TEST(SignatureText, ReadsUnknownEscapesAsTheyStand) {
  auto sig = read(R"(a: literal['\d', '\\', '\'', '\x41'] -> b)");
  const auto& choices = sig.inputs()[0].type.choices;
  ASSERT_EQ(choices.size(), 4u);
  EXPECT_EQ(choices[0], "\\d");
  EXPECT_EQ(choices[1], "\\");
  EXPECT_EQ(choices[2], "'");
  EXPECT_EQ(choices[3], "\\x41");
}

TEST(SignatureText, PrintsATypeWithoutItsOwnConstraints) {
  auto type_of = [](const char* text) {
    return to_string(read(text).inputs()[0].type);
  };
  EXPECT_EQ(type_of("a: int(min=0) -> b"), "int");
  EXPECT_EQ(type_of("a: list[int(min=0)](unique=true) -> b"),
            "list[int(min=0)]");
  EXPECT_EQ(type_of("a: int(min=0) | none -> b"), "int(min=0) | none");
  EXPECT_EQ(type_of("a: literal['x', 1] -> b"), "literal['x', 1]");
}

TEST(SignatureText, AcceptsThirtyTwoTypesInOneAnotherAndNoMore) {
  auto nested = [](size_t depth) {
    std::string text = "a: ";
    for (size_t i = 1; i < depth; ++i)
      text += "list[";
    return text + "int" + std::string(depth - 1, ']') + " -> b";
  };
  EXPECT_EQ(canonical(nested(32)), nested(32) + ": str");
  EXPECT_FALSE(any_signature::parse(nested(33)));
  EXPECT_FALSE(any_signature::parse(nested(10'000)));
}

TEST(SignatureText, AcceptsAThousandFieldsAndNoMore) {
  auto with_inputs = [](size_t n) {
    std::string text = "f0";
    for (size_t i = 1; i < n; ++i)
      text += ", f" + std::to_string(i);
    return text + " -> z";
  };
  EXPECT_EQ(read(with_inputs(999)).inputs().size(), 999u);
  auto refused = any_signature::parse(with_inputs(1000));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("at most 1000 fields"),
            std::string::npos);
}

TEST(SignatureText, IsTheEmptySignatureByDefault) {
  any_signature none;
  EXPECT_TRUE(none.inputs().empty());
  EXPECT_TRUE(none.outputs().empty());
  EXPECT_EQ(none, any_signature{});
  EXPECT_NE(none, read("a -> b"));
}

} // namespace

} // namespace dspex::test::signature_text
