#include "adapters/native/python/literal.hpp"

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

// What Python's `ast.literal_eval` makes of a text, as JSON; `-` for an error.
struct literal_row {
  const char* text;
  const char* value;
};

void expect_literals(std::initializer_list<literal_row> rows) {
  for (auto& x : rows) {
    auto value = read_python_literal(x.text);
    EXPECT_EQ(value ? dump_json(*value) : "-", x.value) << x.text;
  }
}

TEST(PythonLiteral, ReadsValuesAndTuples) {
  expect_literals({{"1", "1"},
                   {"0x1f", "31"},
                   {"True", "true"},
                   {" 'a' \"b\"", "\"ab\""},
                   {"1, 'a',", "[1,\"a\"]"},
                   {"1 'a'", "-"},
                   {"word", "-"}});
}

TEST(PythonLiteral, PassesOverCommentsAndEmptyLinesAround) {
  expect_literals({{"\"q\" # c", "\"q\""},
                   {"\"q\"\n# c", "\"q\""},
                   {"\"q\"\n\n  # c\n", "\"q\""},
                   {"\"q\"\r# c", "\"q\""},
                   {"\"q\"\f# c", "\"q\""},
                   {"# c\n\"q\"", "\"q\""},
                   {"\n\"q\"", "\"q\""},
                   {"1\n# c", "1"},
                   {"True# c", "true"},
                   {"\"q\",\n# c", "[\"q\"]"}});
}

TEST(PythonLiteral, RefusesASecondLineThatSaysSomething) {
  expect_literals({{"\"q\"\n\"p\"", "-"},
                   {"\"q\"\n, \"p\"", "-"},
                   {"\"q\",\n\"p\"", "-"},
                   {"# c\n \"q\"", "-"},
                   {"# c", "-"}});
}

} // namespace

} // namespace dspex::test
