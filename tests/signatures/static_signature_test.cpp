// Signatures that are checked while compiling, as an embedder writes them.

#include <gtest/gtest.h>

#include "dspex/signature.hpp"

namespace dspex::test::static_signature {

namespace {

using triage = signature<
  "Support.Triage",
  "ticket: str, tags: optional[list[str]], limit: int, deep: bool, "
  "loud: optional[bool] -> "
  "category: literal['bug','billing'], confidence: probability, hint: str | "
  "none">;

template <class T, class U>
constexpr bool same = std::is_same_v<T, U>;

// -- the types of values ------------------------------------------------------

using all = signature<
  "Test.All",
  "q -> text: str(min_length=1), when: datetime, picture: image, n: int(min=0),"
  "x: float, p: probability, c: confidence_score, yes: bool,"
  "words: list[str], things: list, grid: list(list(int)), flags: list[bool],"
  "counts: dict[str, int], by_number: dict[int, list[float]], loose: map,"
  "vector: embedding(dimensions=3), steps: reasoning_chain, talk: history,"
  "pair: tuple[str, optional[int]], one: tuple[any],"
  "category: literal['a', 'b'], level: literal[1, 2], sure: literal[true],"
  "mixed: literal['a', 1], maybe: optional[int], either: int | str,"
  "perhaps: int | str | none, texts: str | literal['x'] | datetime,"
  "nested: optional[optional[int] | int], nothing: none,"
  "whatever: any, shaped: object('{\"type\": \"object\"}')">;

template <compile_time::fixed_string Name>
using output = all::outputs::type<Name>;

static_assert(same<output<"text">, std::string>);
static_assert(same<output<"when">, std::string>);
static_assert(same<output<"picture">, std::string>);
static_assert(same<output<"n">, int64_t>);
static_assert(same<output<"x">, double>);
static_assert(same<output<"p">, double>);
static_assert(same<output<"c">, double>);
static_assert(same<output<"yes">, bool>);
static_assert(same<output<"words">, std::vector<std::string>>);
static_assert(same<output<"things">, std::vector<json>>);
static_assert(same<output<"grid">, std::vector<std::vector<int64_t>>>);
static_assert(same<output<"flags">, std::vector<bool>>);
static_assert(same<output<"counts">, std::map<std::string, int64_t>>);
static_assert(
  same<output<"by_number">, std::map<int64_t, std::vector<double>>>);
static_assert(same<output<"loose">, std::map<std::string, json>>);
static_assert(same<output<"vector">, std::vector<double>>);
static_assert(same<output<"steps">, std::vector<std::string>>);
static_assert(same<output<"talk">, std::vector<json>>);
static_assert(
  same<output<"pair">, std::tuple<std::string, std::optional<int64_t>>>);
static_assert(same<output<"one">, std::tuple<json>>);
static_assert(same<output<"category">, std::string>);
static_assert(same<output<"level">, int64_t>);
static_assert(same<output<"sure">, bool>);
static_assert(same<output<"mixed">, json>);
static_assert(same<output<"maybe">, std::optional<int64_t>>);
static_assert(same<output<"either">, json>);
static_assert(same<output<"perhaps">, std::optional<json>>);
static_assert(same<output<"texts">, std::string>);
static_assert(same<output<"nested">, std::optional<int64_t>>);
static_assert(same<output<"nothing">, std::nullptr_t>);
static_assert(same<output<"whatever">, json>);
static_assert(same<output<"shaped">, json>);

json values_of_all() {
  return {{"text", "t"},
          {"when", "2026-01-02T03:04:05Z"},
          {"picture", "https://example.org/x.png"},
          {"n", 7},
          {"x", 2},
          {"p", 0.25},
          {"c", 1},
          {"yes", true},
          {"words", {"a", "b"}},
          {"things", {1, "x", nullptr}},
          {"grid", {{1, 2}, {3}}},
          {"flags", {true, false}},
          {"counts", {{"a", 1}, {"b", 2}}},
          {"by_number", {{"-3", {0.5}}, {"10", json::array()}}},
          {"loose", {{"k", {{"deep", 1}}}}},
          {"vector", {1, 0.5, -2}},
          {"steps", {"first", "then"}},
          {"talk", {{{"role", "user"}, {"content", "hi"}}}},
          {"pair", {"s", nullptr}},
          {"one", {{{"k", 1}}}},
          {"category", "a"},
          {"level", 2},
          {"sure", true},
          {"mixed", 1},
          {"maybe", 5},
          {"either", "s"},
          {"perhaps", nullptr},
          {"texts", "x"},
          {"nothing", nullptr},
          {"whatever", {1, 2}},
          {"shaped", {{"a", 1}}}};
}

} // namespace

TEST(TypedOutputs, HaveTheValuesOfTheJson) {
  auto out = all::outputs{document{values_of_all()}};
  EXPECT_EQ(out.get<"text">(), "t");
  EXPECT_EQ(out.get<"n">(), 7);
  EXPECT_EQ(out.get<"x">(), 2.0);
  EXPECT_EQ(out.get<"yes">(), true);
  EXPECT_EQ(out.get<"words">(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(out.get<"things">(), (std::vector<json>{1, "x", nullptr}));
  EXPECT_EQ(out.get<"grid">(),
            (std::vector<std::vector<int64_t>>{{1, 2}, {3}}));
  EXPECT_EQ(out.get<"flags">(), (std::vector<bool>{true, false}));
  EXPECT_EQ(out.get<"counts">(),
            (std::map<std::string, int64_t>{{"a", 1}, {"b", 2}}));
  EXPECT_EQ(out.get<"by_number">(),
            (std::map<int64_t, std::vector<double>>{{-3, {0.5}}, {10, {}}}));
  EXPECT_EQ(out.get<"loose">().at("k"), (json{{"deep", 1}}));
  EXPECT_EQ(out.get<"vector">(), (std::vector<double>{1, 0.5, -2}));
  EXPECT_EQ(out.get<"steps">().back(), "then");
  EXPECT_EQ(out.get<"talk">().at(0)["content"], "hi");
  auto [word, number] = out.get<"pair">();
  EXPECT_EQ(word, "s");
  EXPECT_EQ(number, std::nullopt);
  EXPECT_EQ(std::get<0>(out.get<"one">()), (json{{"k", 1}}));
  EXPECT_EQ(out.get<"category">(), "a");
  EXPECT_EQ(out.get<"level">(), 2);
  EXPECT_EQ(out.get<"mixed">(), 1);
  EXPECT_EQ(out.get<"maybe">(), 5);
  EXPECT_EQ(out.get<"either">(), "s");
  EXPECT_EQ(out.get<"perhaps">(), std::nullopt);
  EXPECT_EQ(out.get<"nothing">(), nullptr);
  EXPECT_EQ(out.get<"whatever">(), (json{1, 2}));
  EXPECT_EQ(out.get<"shaped">(), (json{{"a", 1}}));
}

TEST(TypedOutputs, HaveNoValueForAnOptionalFieldThatIsAbsent) {
  auto out = all::outputs{document{values_of_all()}};
  EXPECT_FALSE(out.values()->contains("nested"));
  EXPECT_EQ(out.get<"nested">(), std::nullopt);
}

TEST(TypedInputs, BecomeTheJsonThatIsSent) {
  auto in = triage::inputs{}
              .set<"ticket">("I was charged twice")
              .set<"tags">({"money", "urgent"})
              .set<"limit">(3)
              .set<"deep">(false);
  EXPECT_EQ(in.values(), (json{{"ticket", "I was charged twice"},
                               {"tags", {"money", "urgent"}},
                               {"limit", 3},
                               {"deep", false}}));
}

TEST(TypedInputs, TellNullFromAbsentAndReplaceWhatIsSetAgain) {
  auto in = triage::inputs{};
  EXPECT_EQ(in.values(), json::object());
  in.set<"limit">(3).set<"tags">(std::nullopt);
  in.set<"limit">(4);
  EXPECT_EQ(in.values(), (json{{"limit", 4}, {"tags", nullptr}}));
}

TEST(TypedInputs, WriteWhatTypedOutputsRead) {
  using there
    = signature<"Test.There", "by_number: dict[int, tuple[str, any]], grid: "
                              "list[list[optional[bool]]], loose: dict -> y">;
  using back = signature<"Test.Back",
                         "x -> by_number: dict[int, tuple[str, any]], grid: "
                         "list[list[optional[bool]]], loose: dict">;
  auto by_number
    = std::map<int64_t, std::tuple<std::string, json>>{{-1, {"a", json{1}}}};
  auto grid = std::vector<std::vector<std::optional<bool>>>{{true, {}}, {}};
  auto loose = std::map<std::string, json>{{"k", nullptr}};
  auto in = there::inputs{}
              .set<"by_number">(by_number)
              .set<"grid">(grid)
              .set<"loose">(loose);
  auto out = back::outputs{document{in.values()}};
  EXPECT_EQ(out.get<"by_number">(), by_number);
  EXPECT_EQ(out.get<"grid">(), grid);
  EXPECT_EQ(out.get<"loose">(), loose);
}

// A value that does not convert as it is does not compile.
template <class Value, compile_time::fixed_string Name>
concept can_set = requires(triage::inputs in, Value value) {
  in.set<Name>(value);
};

static_assert(can_set<const char*, "ticket">);
static_assert(!can_set<int, "ticket">);
static_assert(can_set<int, "limit">);
static_assert(!can_set<double, "limit">);
static_assert(!can_set<const char*, "limit">);
static_assert(can_set<bool, "deep">);
static_assert(!can_set<const char*, "deep">);
static_assert(!can_set<int, "deep">);
static_assert(!can_set<bool, "limit">);
static_assert(can_set<std::nullopt_t, "tags">);
static_assert(!can_set<std::nullopt_t, "limit">);
static_assert(can_set<bool, "loud">);
static_assert(can_set<std::optional<bool>, "loud">);
static_assert(!can_set<const char*, "loud">);

TEST(StaticSignature, SaysWhatItIs) {
  using later = signature<"Elixir.Test.Qa", "question -> answer", "2.0.1">;
  EXPECT_EQ(later::module, "Test.Qa");
  EXPECT_EQ(later::version, "2.0.1");
  EXPECT_EQ(later::text, "question -> answer");
  EXPECT_EQ(triage::version, "1.0.0");
  auto definition = later::definition("Answer.", "For tests");
  EXPECT_EQ(definition.module, "Test.Qa");
  EXPECT_EQ(definition.signature, "question -> answer");
  EXPECT_EQ(definition.instructions, "Answer.");
  EXPECT_EQ(definition.version, "2.0.1");
  EXPECT_EQ(definition.description, "For tests");
}

TEST(StaticSignature, IsTheSignatureOfItsTextAtRunTime) {
  using qa = signature<"Test.Qa", "q: str -> a: list[int](max_length=3)">;
  ASSERT_TRUE(qa::dynamic());
  EXPECT_EQ(*qa::dynamic(), *any_signature::parse(qa::text));
  EXPECT_EQ(&qa::dynamic(), &qa::dynamic());
}

TEST(StaticSignature, LeavesPatternsToRunTime) {
  using bad = signature<"Test.Bad", "q: str(pattern='[') -> a">;
  ASSERT_FALSE(bad::dynamic());
  EXPECT_EQ(bad::dynamic().error().code, errc::invalid_signature);
  auto out = bad::read_outputs({{"a", "x"}});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error(), bad::dynamic().error());
}

TEST(StaticSignature, ReadsOutputsThatFit) {
  using qa = signature<"Test.Qa", "q -> n: int, note: optional[str]">;
  auto out = qa::read_outputs({{"n", 2.0}});
  ASSERT_TRUE(out) << to_string(out.error());
  EXPECT_EQ(out->get<"n">(), 2);
  EXPECT_EQ(out->get<"note">(), std::nullopt);
  EXPECT_EQ(*out->values(), (json{{"n", 2}}));
}

TEST(StaticSignature, RefusesOutputsThatDoNotFitWithEveryProblem) {
  using qa = signature<"Test.Qa", "q -> n: int, note: str">;
  auto out = qa::read_outputs({{"n", "two"}, {"x", 1}});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, errc::invalid_output);
  EXPECT_EQ(out.error().message.find("Not the outputs of Test.Qa: Field n: "),
            0u)
    << out.error().message;
  EXPECT_EQ(out.error().details["problems"].size(), 3u);
}

} // namespace dspex::test::static_signature
