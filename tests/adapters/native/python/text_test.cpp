#include "adapters/native/python/text.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "adapters/native/python/values.hpp"

namespace dspex::test {

namespace {

using strings = std::vector<std::string>;

strings lines_of(std::string_view text) {
  auto result = strings{};
  for (auto x : python_splitlines(text))
    result.emplace_back(x);
  return result;
}

TEST(PythonFloat, PrintsTheShortestDigitsInPythonsNotation) {
  struct row {
    double value;
    const char* text;
  };
  for (auto& x : {row{0.0, "0.0"},
                  row{-0.0, "-0.0"},
                  row{1.0, "1.0"},
                  row{0.1, "0.1"},
                  row{100.0, "100.0"},
                  row{0.1 + 0.2, "0.30000000000000004"},
                  row{1e15, "1000000000000000.0"},
                  row{9007199254740993.0, "9007199254740992.0"},
                  row{1e16, "1e+16"},
                  row{1.5e16, "1.5e+16"},
                  row{1e22, "1e+22"},
                  row{1e100, "1e+100"},
                  row{0.0001, "0.0001"},
                  row{0.00001, "1e-05"},
                  row{1e-7, "1e-07"},
                  row{-2.5e-9, "-2.5e-09"},
                  row{5e-324, "5e-324"},
                  row{1.7976931348623157e308, "1.7976931348623157e+308"},
                  row{std::numeric_limits<double>::infinity(), "inf"},
                  row{-std::numeric_limits<double>::infinity(), "-inf"},
                  row{std::numeric_limits<double>::quiet_NaN(), "nan"}})
    EXPECT_EQ(python_float(x.value), x.text);
}

TEST(PythonJson, SeparatesWithBlanksAndKeepsOrderAndNonAscii) {
  auto value = parse_json("{\"b\":[1,2.0,true,null],\"a\":{},\"\u00e9\":[]}");
  EXPECT_EQ(python_json(*value),
            "{\"b\": [1, 2.0, true, null], \"a\": {}, \"\u00e9\": []}");
}

TEST(PythonJson, EscapesControlCharactersQuotesAndBackslashes) {
  EXPECT_EQ(python_json(json("\x01\b\f\n\r\t\"\\/\x7f\u2028\x1f")),
            "\"\\u0001\\b\\f\\n\\r\\t\\\"\\\\/\x7f\u2028\\u001f\"");
}

TEST(PythonJson, PrintsTheWholeRangeOfIntegers) {
  EXPECT_EQ(python_json(json(std::numeric_limits<int64_t>::min())),
            "-9223372036854775808");
  EXPECT_EQ(python_json(json(std::numeric_limits<uint64_t>::max())),
            "18446744073709551615");
}

TEST(PythonFieldValue, PrintsScalarsAsPythonDoes) {
  EXPECT_EQ(python_field_value(json(true)), "True");
  EXPECT_EQ(python_field_value(json(false)), "False");
  EXPECT_EQ(python_field_value(json(nullptr)), "None");
  EXPECT_EQ(python_field_value(json(" pad \n")), " pad \n");
  EXPECT_EQ(python_field_value(json(3)), "3");
  EXPECT_EQ(python_field_value(json(3.0)), "3.0");
}

TEST(PythonStrip, RemovesUnicodeSpacesFromBothEnds) {
  EXPECT_EQ(python_strip(" \t\u00a0\u3000a b\u2003\u0085\x1c\n"), "a b");
  EXPECT_EQ(python_strip("\u200b"), "\u200b") << "no space to Python";
  EXPECT_EQ(python_strip(""), "");
  EXPECT_EQ(python_strip(" \u3000 "), "");
}

TEST(PythonStrip, KeepsBytesThatAreNoUtf8) {
  EXPECT_EQ(python_strip(" \xff\x80 "), "\xff\x80");
  EXPECT_EQ(python_strip("\xe3\x80"), "\xe3\x80");
}

TEST(PythonSplitlines, SplitsWhereverUnicodeEndsALine) {
  EXPECT_EQ(lines_of("a\nb\r\nc\rd\x0b"
                     "e\x0c"
                     "f\x1cg\u0085h\u2028i\u2029j"),
            (strings{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}));
  EXPECT_EQ(lines_of("a\n\nb\n"), (strings{"a", "", "b"}));
  EXPECT_EQ(lines_of(""), strings{});
}

TEST(PythonCleandoc, RemovesTheMarginAndBlankEnds) {
  EXPECT_EQ(python_cleandoc("\n    one\n      two\n\n    three\n    "),
            "one\n  two\n\nthree");
  EXPECT_EQ(python_cleandoc("   first\n    rest\n     more"),
            "first\nrest\n more");
  EXPECT_EQ(python_cleandoc("  only  "), "only  ");
  EXPECT_EQ(python_cleandoc("a\n\tb\n\t\tc"), "a\nb\n        c");
  EXPECT_EQ(python_cleandoc(" \n \n"), " ") << "blanks without a margin stay";
  EXPECT_EQ(python_cleandoc("\n\n"), "");
}

} // namespace

} // namespace dspex::test
