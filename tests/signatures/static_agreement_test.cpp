// The two readers of signatures, that of the compiler and that of run time,
// accept the same texts, and point at the same column of the others.

#include <algorithm>
#include <memory>

#include <gtest/gtest.h>

#include "dspex/any_signature.hpp"
#include "dspex/compile_time/check.hpp"
#include "signatures/types.hpp"

namespace dspex::test::static_agreement {

namespace {

struct verdict {
  bool accepted = false;
  size_t column = 0;
  std::string message;
};

// Runs the reader that the compiler runs.
template <size_t Capacity>
verdict read_as_the_compiler(std::string_view text) {
  auto tree = std::make_unique<compile_time::tree<Capacity>>();
  compile_time::reader{text, *tree}.read();
  auto& why = tree->why;
  return {why.what.empty(), compile_time::column_of(text, why.offset),
          std::string{why.what.view()}};
}

verdict of_compiler(std::string_view text) {
  return text.size() < 500 ? read_as_the_compiler<500>(text)
                           : read_as_the_compiler<100'000>(text);
}

verdict of_run_time(std::string_view text) {
  auto read = any_signature::parse(text);
  if (read)
    return {true, 1, {}};
  return {false, read.error().details.value("column", size_t{0}),
          read.error().message};
}

// Whether the verdict needs a library, and so is left to run time.
bool is_left_to_run_time(const verdict& x) {
  return x.message.find("RE2 pattern") != std::string::npos
         || x.message.find("JSON Schema (") != std::string::npos;
}

void expect_agreement(std::string_view text) {
  auto lhs = of_compiler(text);
  auto rhs = of_run_time(text);
  if (is_left_to_run_time(rhs))
    return;
  EXPECT_TRUE(lhs.accepted == rhs.accepted && lhs.column == rhs.column)
    << "text: " << text.substr(0, 200) << "\ncompiler: " << lhs.column << ' '
    << lhs.message << "\nrun time: " << rhs.column << ' ' << rhs.message;
}

std::string repeat(std::string_view part, size_t count) {
  std::string result;
  for (size_t i = 0; i < count; ++i)
    result += part;
  return result;
}

// Between them, every type, constraint and notation of the language.
const char* const good[] = {
  "question -> answer",
  "a: : str \"one\", b: list(int) -> c: Optional[bool], d: Any \"\"",
  "a: str(min_length=1, max_length=3, pattern='^[a-z]+$') -> b: atom",
  "a: string(one_of=['a', \"b\", 'it\\'s', '\\u00e9\\ud83d\\ude00']) -> b",
  "a: int(min=-5, max=1e3, multiple_of=2.0) -> b: integer(one_of=[1, -2])",
  "a: float(min=-0.5, max=1.5e-2), b: boolean -> c: float(min=0)",
  "a: list(max_length=2, unique=true) -> b: List[list[str(min_length=1)]]",
  "a: literal['a', \"b\", 3, -4, true] -> b: Literal[False, 0]",
  "a: int | str(max_length=2) | None -> b: Union[int, union[str, none]]",
  "größe1x: \"ä\" -> b",
};

const char* const good_of_more_types[] = {
  "a: dict[str, int](min_size=1, max_size=2), b: map -> c: dict[int, Dict]",
  "a: embedding(dimensions=3) -> b: probability(min=0.25, max=1)",
  "a: confidence_score(max=0) -> b: reasoning_chain(max_length=5), c: history",
  "a: datetime, b: image -> c: tuple[str, Tuple[int, any]], d: tuple[bool]",
  "a: object('{\"type\": \"object\"}') -> b: optional[object('true')]",
};

// Changes a text at every place, in all the ways that slips of the keyboard do.
template <class Use>
void for_each_slip(std::string_view text, Use use) {
  for (size_t i = 0; i <= text.size(); ++i) {
    auto before = std::string{text.substr(0, i)};
    use(before);
    if (i < text.size())
      use(before + std::string{text.substr(i + 1)});
    for (auto inserted : {",", ":", "|", "=", "(", "]", "'", "\"", "\\", "1",
                          "a", ".", "-", "->"})
      use(before + inserted + std::string{text.substr(i)});
  }
}

} // namespace

TEST(StaticAgreement, HoldsForTypesAndNotations) {
  for (auto* text : good) {
    expect_agreement(text);
    for_each_slip(text, expect_agreement);
  }
}

TEST(StaticAgreement, HoldsForMoreTypesAndNotations) {
  for (auto* text : good_of_more_types) {
    expect_agreement(text);
    for_each_slip(text, expect_agreement);
  }
}

TEST(StaticAgreement, HoldsForSidesAndNames) {
  for (auto* text : {"",
                     " ",
                     "a",
                     "a, b",
                     "-> b",
                     "a ->",
                     "a -> b -> c",
                     "a, -> b",
                     "a -> b,",
                     "a,, b -> c",
                     "a b -> c",
                     "a -> b c",
                     "a - > b",
                     "a; b -> c",
                     "_a -> b",
                     "größe -> b",
                     "1 -> b",
                     "'a' -> b",
                     "a, a -> b",
                     "a -> a",
                     "a -> completed",
                     "completed -> a",
                     "Completed -> a",
                     "a -> b\xff",
                     "a \"\xed\xa0\x80\" -> b",
                     "a \"\xf4\x90\x80\x80\" -> b",
                     "a \"\xc0\xaf\" -> b",
                     "a \"\xe2\x82\" -> b",
                     "a 'x' -> b"})
    expect_agreement(text);
  expect_agreement(std::string_view{"a -> b\0", 7});
}

TEST(StaticAgreement, HoldsForTypes) {
  for (auto* type : {"",
                     ": : int",
                     "Int",
                     "list[str",
                     "list(str",
                     "list[]",
                     "list()",
                     "list[int, str]",
                     "int |",
                     "optional",
                     "optional[int, str]",
                     "union",
                     "union[]",
                     "union[int str]",
                     "int[str]",
                     "literal",
                     "literal[]",
                     "literal[bug]",
                     "literal['a' 'b']",
                     "literal['a', 'a']",
                     "literal['a', \"a\"]",
                     "literal['a', '\\u0061']",
                     "literal['é', '\\u00e9']",
                     "literal['\\ud83d\\ude00', '\xf0\x9f\x98\x80']",
                     "literal['\\n', '\n']",
                     "literal['\\d', '\\\\d']",
                     "literal[1.5]",
                     "literal[1, 1.0]",
                     "literal[1, 10e-1]",
                     "literal[true, True]",
                     "literal[9223372036854775808]",
                     "literal[-9223372036854775808]",
                     "literal[maybe]",
                     "list(:str)",
                     "list[:str]",
                     "str 'x'"})
    expect_agreement("a: " + std::string{type} + " -> b");
}

TEST(StaticAgreement, HoldsForConstraints) {
  for (auto* type : {"str(size=1)",
                     "str()",
                     "str(min=1)",
                     "bool(min=1)",
                     "optional[int](min=1)",
                     "int | none(min=1)",
                     "literal['a'](one_of=[1])",
                     "str(min_length)",
                     "str(min_length=)",
                     "str(min_length=1",
                     "str(min_length=1,)",
                     "str(min_length=1, min_length=1)",
                     "str(min_length=-1)",
                     "str(min_length='1')",
                     "str(max_length=1.5)",
                     "str(min_length=5, max_length=3)",
                     "str(max_length=3, min_length=5)",
                     "str(min_length=3, max_length=3)",
                     "str(pattern=1)",
                     "str(pattern=['a'])",
                     "str(one_of='a')",
                     "str(one_of=[])",
                     "str(one_of=['a', 'a'])",
                     "str(one_of=['a', 1])",
                     "str(one_of=[['a']])",
                     "str(one_of=['a',])",
                     "int(one_of=[1, 1.0])",
                     "int(one_of=[1, true])",
                     "int(one_of=[1.5])",
                     "int(min=0.5)",
                     "int(min=1e2)",
                     "int(min=15e-1)",
                     "int(min=true)",
                     "int(multiple_of=0)",
                     "int(multiple_of=-1)",
                     "int(multiple_of=1.0)",
                     "int(min=5, max=3)",
                     "int(max=3, min=5.0)",
                     "int(min=-1, max=-1.0)",
                     "float(min=1, max=0.5)",
                     "float(min=-1e10, max=-1e9)",
                     "float(min=-1e9, max=-1e10)",
                     "float(min=0.1, max=1e-1)",
                     "float(min=-0, max=0.0)",
                     "float(min='x')",
                     "list(unique=1)",
                     "list(unique=True)",
                     "list(unique='true')",
                     "str(min_length=01)",
                     "str(min_length=1x)",
                     "str(min_length=-)",
                     "float(max=1.)",
                     "float(max=.5)"})
    expect_agreement("a: " + std::string{type} + " -> b");
}

TEST(StaticAgreement, HoldsForNumbersAtTheirLimits) {
  for (auto* number : {"9223372036854775807",
                       "9223372036854775808",
                       "-9223372036854775808",
                       "9223372036854774784.0",
                       "9223372036854775807.0",
                       "9.3e18",
                       "1e400",
                       "-1e400",
                       "1e308",
                       "1.7976931348623157e308",
                       "1.8e308",
                       "1e-300",
                       "1e-400",
                       "0e-400",
                       "0.000",
                       "-0.0",
                       "1e0000000000000000000001",
                       "1e99999999999999999999",
                       "0.1e1",
                       "100e-2",
                       "100e-3",
                       "123456789012345678901234567890"}) {
    expect_agreement("a: int(min=" + std::string{number} + ") -> b");
    expect_agreement("a: int(multiple_of=" + std::string{number} + ") -> b");
    expect_agreement("a: float(min=" + std::string{number} + ") -> b");
    expect_agreement("a: literal[" + std::string{number} + "] -> b");
  }
}

TEST(StaticAgreement, HoldsForMoreTypes) {
  for (auto* type : {"dict[]",
                     "dict[str]",
                     "dict[str, ]",
                     "dict[str int]",
                     "dict[bool, int]",
                     "dict[str | int, int]",
                     "dict[str(min_length=1), int]",
                     "dict[:str, int]",
                     "dict[string, int]",
                     "dict[list[int], int]",
                     "dict[str, int, int]",
                     "dict(str, int)",
                     "dict(min_size=1)",
                     "map[int, any](max_size=0)",
                     "dict(min_size=2, max_size=1)",
                     "embedding(dimensions=0)",
                     "embedding(dimensions=2.0)",
                     "embedding[float]",
                     "probability(min=-0.1)",
                     "probability(max=1.1)",
                     "probability(min=0.9, max=0.1)",
                     "probability(min=1e-5)",
                     "confidence_score(one_of=[1])",
                     "reasoning_chain(min_length=1)",
                     "reasoning_chain[str]",
                     "object",
                     "object()",
                     "object(1)",
                     "object[1]",
                     "object('true', 'true')",
                     "object('true'",
                     "object('true')(min=1)",
                     "tuple",
                     "tuple[]",
                     "tuple[int,]",
                     "tuple[int str]",
                     "tuple(int)",
                     "datetime(min=1)",
                     "image(pattern='x')",
                     "history[str]",
                     "optional[map]",
                     "list[tuple[map, list]]",
                     "union[dict, history]"})
    expect_agreement("a: " + std::string{type} + " -> b");
}

TEST(StaticAgreement, HoldsForLimits) {
  auto nested = [](size_t depth) {
    return "a: " + repeat("list[", depth) + "int" + repeat("]", depth)
           + " -> b";
  };
  expect_agreement(nested(31));
  expect_agreement(nested(32));
  auto fields = [](size_t count) {
    std::string result;
    for (size_t i = 0; i < count; ++i)
      result += (i == 0 ? "f" : ", f") + std::to_string(i);
    return result + " -> b";
  };
  expect_agreement(fields(999));
  expect_agreement(fields(1000));
  auto of_size = [](size_t size) {
    return "a: str \"" + repeat("x", size - 19) + "\" -> b: str";
  };
  expect_agreement(of_size(65'536));
  expect_agreement(of_size(65'537));
}

// -- tables -------------------------------------------------------------------

TEST(StaticAgreement, HoldsForTheTablesOfTypesAndConstraints) {
  std::string names;
  for (auto& row : compile_time::type_table)
    names += (names.empty() ? "" : ", ") + std::string{row.names[0]};
  EXPECT_EQ("a type (" + names + ')', detail::expected_type());
  for (auto& row : compile_time::type_table) {
    for (auto name : row.names) {
      auto* other = name.empty() ? nullptr : detail::find_type(name);
      if (name.empty())
        continue;
      ASSERT_NE(other, nullptr) << name;
      EXPECT_EQ(other->name, row.names[0]);
      compile_time::sentence expected;
      compile_time::add_constraints(expected, row);
      EXPECT_EQ(expected.view(), other->expected_constraint());
      EXPECT_LT(other->aliases.size(), compile_time::max_names);
      for (auto alias : other->aliases)
        EXPECT_TRUE(row.is_called(alias)) << alias;
    }
  }
}

} // namespace dspex::test::static_agreement
