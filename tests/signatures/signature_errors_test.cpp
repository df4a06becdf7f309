#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dspex/any_signature.hpp"

namespace dspex::test::signature_errors {

namespace {

using testing::HasSubstr;
using testing::StartsWith;

error refusal(std::string_view text) {
  auto result = any_signature::parse(text);
  if (result) {
    ADD_FAILURE() << "accepted: " << text;
    return {};
  }
  return result.error();
}

struct mistake {
  const char* text;
  size_t column;
  const char* expected;
  const char* found;
};

class SignatureErrorTable : public testing::TestWithParam<mistake> {};

TEST_P(SignatureErrorTable, IsRefusedWithColumnAndExpectation) {
  auto [text, column, expected, found] = GetParam();
  auto err = refusal(text);
  EXPECT_EQ(err.code, errc::invalid_signature);
  EXPECT_EQ(err.message, "Invalid signature at column " + std::to_string(column)
                           + ": expected " + expected + ", found " + found
                           + " in \"" + text + '"');
  EXPECT_EQ(err.details,
            (json{{"column", column}, {"expected", expected}, {"text", text}}));
}

constexpr auto any_type
  = "a type (str, int, float, bool, list, dict, literal, union, optional, any, "
    "embedding, probability, confidence_score, reasoning_chain, object, tuple, "
    "datetime, image, history, none)";
constexpr auto any_name = "a field name (a letter, then letters, digits and _)";
constexpr auto of_str
  = "a constraint of str (max_length, min_length, one_of, pattern)";

const mistake mistakes[] = {
  // Sides
  {"", 1, "a field name", "the end"},
  {" ", 2, "a field name", "the end"},
  {"a", 2, R"("," and another field, or "->")", "the end"},
  {"a, b", 5, R"("," and another field, or "->")", "the end"},
  {"-> b", 1, "a field name", "\"->\""},
  {"a ->", 5, "a field name", "the end"},
  {"a -> b -> c", 8, R"(only one "->")", "\"->\""},
  {"a, -> b", 4, "a field name", "\"->\""},
  {"a -> b,", 8, "a field name", "the end"},
  {"a,, b -> c", 3, "a field name", "\",\""},
  {"a b -> c", 3, R"("," and another field, or "->")", "\"b\""},
  {"a -> b c", 8, R"("," and another field, or the end)", "\"c\""},
  {"a - > b", 3, "a name, a type or punctuation of the language", "\"-\""},
  {"a; b -> c", 2, "a name, a type or punctuation of the language", "\";\""},
  // Names
  {"_a -> b", 1, any_name, "\"_a\""},
  {"größe -> b", 1, any_name, "\"größe\""},
  {"1 -> b", 1, "a field name", "\"1\""},
  {"'a' -> b", 1, "a field name", "the string 'a'"},
  {"a, a -> b", 4, "a name that no other field has", "\"a\" again"},
  {"a -> a", 6, "a name that no other field has", "\"a\" again"},
  {"a -> completed", 6, "another field name (\"completed\" is reserved)",
   "\"completed\""},
  // Types
  {"question: list[] -> answer", 16, "a type", "\"]\""},
  {"a: -> b", 4, "a type", "\"->\""},
  {"a: : : int -> b", 6, "a type", "\":\""},
  {"ä: int", 1, any_name, "\"ä\""},
  {"a \"äöü\", b: wrong -> c", 13, any_type, "unknown type \"wrong\""},
  {"a: set[str] -> b", 4, any_type, "unknown type \"set\""},
  {"a: Int -> b", 4, any_type, "unknown type \"Int\""},
  {"a: list[str -> b", 13, "\"]\"", "\"->\""},
  {"a: list(str -> b", 13, "\")\"", "\"->\""},
  {"a: list() -> b", 9,
   "a type or a constraint of list (max_length, min_length, unique)", "\")\""},
  {"a: list[int, str] -> b", 12, "\"]\"", "\",\""},
  {"a: int | -> b", 10, "a type", "\"->\""},
  {"a: optional -> b", 13, "\"[\" and a type", "\"->\""},
  {"a: optional[int, str] -> b", 16, "\"]\"", "\",\""},
  {"a: union -> b", 10, "\"[\" and types", "\"->\""},
  {"a: union[] -> b", 10, "a type", "\"]\""},
  {"a: union[int str] -> b", 14, R"("," or "]")", "\"str\""},
  {"a: int[str] -> b", 7, R"("," and another field, or "->")", "\"[\""},
  {"a: dict[] -> b", 9, "a type", "\"]\""},
  {"a: dict[str] -> b", 12, R"("," and the type of the values)", "\"]\""},
  {"a: dict[float, int] -> b", 9, "str or int as the type of the keys",
   "\"float\""},
  {"a: dict[str(min_length=1), int] -> b", 9,
   "str or int as the type of the keys", "\"str(min_length=1)\""},
  {"a: dict[str | int, int] -> b", 9, "str or int as the type of the keys",
   "\"str | int\""},
  {"a: dict[str, int, int] -> b", 17, "\"]\"", "\",\""},
  {"a: tuple -> b", 10, "\"[\" and types", "\"->\""},
  {"a: tuple[] -> b", 10, "a type", "\"]\""},
  {"a: object -> b", 11, "\"(\" and a JSON Schema in quotes", "\"->\""},
  {"a: object() -> b", 11, "a JSON Schema in quotes", "\")\""},
  {"a: object('{') -> b", 11,
   "a JSON Schema (line 1, column 2: unexpected \"{\")", "the string '{'"},
  {"a: object('1') -> b", 11,
   "a JSON Schema (a schema: an object, true or false)", "the string '1'"},
  {"a: object('{}'](min=1) -> b", 15, "\")\"", "\"]\""},
  // Literals
  {"a: literal -> b", 12, "\"[\" and the values of the literal", "\"->\""},
  {"a: literal[] -> b", 12, "a quoted string, an integer, true or false",
   "\"]\""},
  {"a: literal[bug] -> b", 12, "a quoted string, an integer, true or false",
   "\"bug\""},
  {"a: literal['a' 'b'] -> b", 16, R"("," or "]")", "the string 'b'"},
  {"a: literal['a', 'a'] -> b", 17, "a value that is not in the literal yet",
   "the string 'a' again"},
  {"a: literal[1.5] -> b", 12, "an integer of 64 bits", "\"1.5\""},
  {"a: literal[9223372036854775808] -> b", 12, "an integer of 64 bits",
   "\"9223372036854775808\""},
  // Constraints
  {"a: str(size=1) -> b", 8, of_str, "\"size\""},
  {"a: str() -> b", 8, of_str, "\")\""},
  {"a: str(min=1) -> b", 8, of_str, "\"min\""},
  {"a: bool(min=1) -> b", 9, "no constraints on bool", "\"min\""},
  {"a: optional[int](min=1) -> b", 18, "no constraints on optional", "\"min\""},
  {"a: int | none(min=1) -> b", 15, "no constraints on none", "\"min\""},
  {"a: literal['a'](one_of=['a']) -> b", 17, "no constraints on literal",
   "\"one_of\""},
  {"a: str(min_length) -> b", 18, "\"=\"", "\")\""},
  {"a: str(min_length=) -> b", 19, "a value", "\")\""},
  {"a: str(min_length=1 -> b", 21, "\",\" or \")\"", "\"->\""},
  {"a: str(min_length=1,) -> b", 21, of_str, "\")\""},
  {"a: str(min_length=1, min_length=1) -> b", 22, "each constraint once",
   "\"min_length\" again"},
  {"a: str(min_length=-1) -> b", 19,
   "an integer of 0 or more for \"min_length\"", "\"-1\""},
  {"a: str(min_length='1') -> b", 19,
   "an integer of 0 or more for \"min_length\"", "the string '1'"},
  {"a: str(max_length=1.5) -> b", 19,
   "an integer of 0 or more for \"max_length\"", "\"1.5\""},
  {"a: str(min_length=5, max_length=3) -> b", 33,
   "\"max_length\" to be at least \"min_length\" (5)", "\"3\""},
  {"a: str(max_length=3, min_length=5) -> b", 33,
   "\"min_length\" to be at most \"max_length\" (3)", "\"5\""},
  {"a: str(pattern='[') -> b", 16,
   "an RE2 pattern (missing ]: [) for \"pattern\"", "the string '['"},
  {"a: str(pattern=1) -> b", 16, "a quoted pattern for \"pattern\"", "\"1\""},
  {"a: str(one_of='a') -> b", 15, "a list of different strings for \"one_of\"",
   "the string 'a'"},
  {"a: str(one_of=[]) -> b", 16, "a value", "\"]\""},
  {"a: str(one_of=['a', 'a']) -> b", 15,
   "a list of different strings for \"one_of\"", "a list of 2 items"},
  {"a: str(one_of=['a', 1]) -> b", 15,
   "a list of different strings for \"one_of\"", "a list of 2 items"},
  {"a: str(one_of=[['a']]) -> b", 16, "a value", "\"[\""},
  {"a: int(one_of=[1, 1.0]) -> b", 15,
   "a list of different integers of 64 bits for \"one_of\"",
   "a list of 2 items"},
  {"a: int(min=0.5) -> b", 12, "an integer of 64 bits for \"min\"", "\"0.5\""},
  {"a: int(max=9223372036854775808) -> b", 12,
   "an integer of 64 bits for \"max\"", "\"9223372036854775808\""},
  {"a: int(min=5, max=3) -> b", 19, "\"max\" to be at least \"min\" (5)",
   "\"3\""},
  {"a: int(multiple_of=0) -> b", 20, "an integer above 0 for \"multiple_of\"",
   "\"0\""},
  {"a: int(multiple_of=-2) -> b", 20, "an integer above 0 for \"multiple_of\"",
   "\"-2\""},
  {"a: int(min=true) -> b", 12, "an integer of 64 bits for \"min\"",
   "\"true\""},
  {"a: int(min=yes) -> b", 12, "a value", "\"yes\""},
  {"a: int(min=007) -> b", 12, "a number without leading zeros",
   "\"007) -> ...\""},
  {"a: float(min=1, max=0.5) -> b", 21, "\"max\" to be at least \"min\" (1)",
   "\"0.5\""},
  {"a: float(min='1') -> b", 14, "a number for \"min\"", "the string '1'"},
  {"a: float(min=1e999) -> b", 14, "a number that fits 64 bits", "\"1e999\""},
  {"a: float(one_of=[1]) -> b", 10, "a constraint of float (max, min)",
   "\"one_of\""},
  {"a: list[str](unique=1) -> b", 21, "true or false for \"unique\"", "\"1\""},
  {"a: dict(min_length=1) -> b", 9, "a constraint of dict (max_size, min_size)",
   "\"min_length\""},
  {"a: dict(min_size=2, max_size=1) -> b", 30,
   "\"max_size\" to be at least \"min_size\" (2)", "\"1\""},
  {"a: embedding(dimensions=0) -> b", 25,
   "an integer above 0 for \"dimensions\"", "\"0\""},
  {"a: embedding(min_length=1) -> b", 14,
   "a constraint of embedding (dimensions)", "\"min_length\""},
  {"a: probability(max=1.5) -> b", 20, "a number between 0 and 1 for \"max\"",
   "\"1.5\""},
  {"a: confidence_score(min=-1) -> b", 25,
   "a number between 0 and 1 for \"min\"", "\"-1\""},
  {"a: probability(min=0.5, max=0.2) -> b", 29,
   "\"max\" to be at least \"min\" (0.5)", "\"0.2\""},
  {"a: reasoning_chain(min_length=1) -> b", 20,
   "a constraint of reasoning_chain (max_length)", "\"min_length\""},
  {"a: tuple[int](unique=true) -> b", 15, "no constraints on tuple",
   "\"unique\""},
  {"a: datetime(min=1) -> b", 13, "no constraints on datetime", "\"min\""},
  {"a: object('{}')(min_size=1) -> b", 17, "no constraints on object",
   "\"min_size\""},
  // Strings
  {"a 'x' -> b", 3, "a description in double quotes", "the string 'x'"},
  {"a \"x\" \"y\" -> b", 7, R"("," and another field, or "->")",
   "the string \"y\""},
  {"a \"x -> b", 10, "a closing '\"' for the string at column 3", "the end"},
  {"a: literal['x] -> b", 20, "a closing \"'\" for the string at column 12",
   "the end"},
  {R"(a "x\)", 6, "a closing '\"' for the string at column 3", "the end"},
  {R"(a "\u12" -> b)", 4, "\\u and the four hexadecimal digits of a character",
   R"("\u12" ...")"},
  {R"(a "\u0000" -> b)", 4,
   "\\u and the four hexadecimal digits of a character", R"("\u0000...")"},
  {R"(a "\ud83d" -> b)", 4,
   "\\u and the four hexadecimal digits of a character", R"("\ud83d...")"},
  {R"(a "\ude00" -> b)", 4,
   "\\u and the four hexadecimal digits of a character", R"("\ude00...")"},
  {R"(a "\u)", 4, "\\u and the four hexadecimal digits of a character",
   R"("\u")"},
};

INSTANTIATE_TEST_SUITE_P(Mistakes, SignatureErrorTable,
                         testing::ValuesIn(mistakes));

TEST(SignatureError, QuotesOnlyThePartAroundTheColumnOfALongText) {
  std::string text = "question \"" + std::string(500, 'x') + "\", b: wrong, "
                     + std::string(500, 'y') + " -> c";
  auto err = refusal(text);
  EXPECT_THAT(err.message, HasSubstr("at column 517"));
  EXPECT_THAT(err.message, HasSubstr("in \"...xxx"));
  EXPECT_THAT(err.message, HasSubstr("b: wrong, yyy"));
  EXPECT_THAT(err.message, testing::EndsWith("yyy...\""));
  EXPECT_LT(err.message.size(), 400u);
  EXPECT_EQ(err.details["text"], text);
}

TEST(SignatureError, StaysOnOneLine) {
  auto err = refusal("a,\n\tb:\r\nwrong\n-> c");
  EXPECT_EQ(err.message.find_first_of("\r\n\t"), std::string::npos);
  EXPECT_EQ(err.details["column"], 9);
}

TEST(SignatureError, ShortensWhatWasFound) {
  auto err = refusal("a: " + std::string(5000, 't') + " -> b");
  EXPECT_LT(err.message.size(), 500u);
}

TEST(SignatureError, RefusesATextBeyondTheLimit) {
  std::string text = "a \"" + std::string(65'536, 'x') + "\" -> b";
  auto err = refusal(text);
  EXPECT_THAT(err.message, StartsWith("Invalid signature at column 1: expected "
                                      "a text of at most 65536 bytes, found "
                                      "65545 bytes in \"a"));
  EXPECT_LT(err.message.size(), 400u);
  EXPECT_LT(err.details["text"].get<std::string>().size(), 200u);
}

TEST(SignatureError, RefusesATextWhoseCanonicalFormIsBeyondTheLimit) {
  // Each control character is printed as six.
  auto err = refusal("a \"" + std::string(20'000, '\x01') + "\" -> b");
  EXPECT_THAT(err.message, HasSubstr("at most 65536 bytes in canonical form"));
}

TEST(SignatureError, RefusesBytesThatAreNotText) {
  auto err = refusal("aé: str\xff -> b");
  EXPECT_EQ(err.message,
            "Invalid signature at column 8: expected UTF-8 without "
            "U+0000, found the byte 255 in \"aé: str\"");
  EXPECT_EQ(err.details["text"], "aé: str");
  auto zero = refusal(std::string_view("a\0 -> b", 7));
  EXPECT_EQ(zero.details["column"], 2);
  // Cut short, overlong, a surrogate, beyond Unicode, a lone continuation.
  for (std::string bad : {"\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                          "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\x80"})
    EXPECT_EQ(refusal("a \"" + bad + "\" -> b").details["column"], 4);
}

TEST(SignatureError, RefusesInstructionsThatAreNotText) {
  auto result = any_signature::parse("a -> b", "\xff");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, errc::invalid_signature);
  EXPECT_EQ(result.error().message, "Invalid signature: the instructions must "
                                    "be UTF-8 without U+0000");
}

TEST(SignatureError, RefusesPatternsThatTakeTooMuchMemory) {
  auto one = refusal(R"(a: str(pattern='((\pL{100}){100}){10}') -> b)");
  EXPECT_THAT(one.message, HasSubstr("an RE2 pattern ("));
  // Each is acceptable alone.
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += "a" + std::to_string(i) + ": str(pattern='x{"
            + std::to_string(i + 1) + R"(}\pL{20}'), )";
  EXPECT_THAT(refusal(text + "z -> b").message,
              HasSubstr("the patterns of the signature are too large"));
}

} // namespace

} // namespace dspex::test::signature_errors
