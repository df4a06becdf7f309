#include "actors/program/key_book.hpp"

#include <gmock/gmock.h>

#include "dspex/json.hpp"

namespace dspex::test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

class KeyBook : public ::testing::Test {
protected:
  using place = key_book::place;

  // In the order of their ids.
  execution_id first = execution_id::parse(text('1')).value();
  execution_id second = execution_id::parse(text('2')).value();
  execution_id third = execution_id::parse(text('3')).value();
  key_book keys;

private:
  static std::string text(char digit) {
    return std::string("01920000-0000-7000-8000-00000000000") + digit;
  }
};

result<execution_record> holder_row(execution_status status,
                                    errc code = errc::none) {
  auto x = execution_record{};
  x.status = status;
  x.error_code = code;
  return x;
}

} // namespace

TEST_F(KeyBook, LetsTheFirstRunWithAKeyLead) {
  EXPECT_EQ(keys.claim("a", first, "hash"), place::leads);
  EXPECT_EQ(keys.claim("a", second, "hash"), place::follows);
  EXPECT_EQ(keys.claim("b", third, "hash"), place::leads);
}

TEST_F(KeyBook, LetsALeaderThatClaimsAgainLead) {
  EXPECT_EQ(keys.claim("a", first, "hash"), place::leads);
  EXPECT_EQ(keys.claim("a", first, "hash"), place::leads);
}

TEST_F(KeyBook, RefusesOtherInputs) {
  static_cast<void>(keys.claim("a", first, "hash"));
  EXPECT_EQ(keys.claim("a", second, "other hash"), place::conflicts);
  EXPECT_THAT(keys.release("a", first), IsEmpty());
}

TEST_F(KeyBook, GivesTheFollowersOfALeaderThatGoes) {
  static_cast<void>(keys.claim("a", first, "hash"));
  static_cast<void>(keys.claim("a", third, "hash"));
  static_cast<void>(keys.claim("a", second, "hash"));
  EXPECT_THAT(keys.release("a", first), ElementsAre(second, third));
  EXPECT_TRUE(keys.empty());
  EXPECT_EQ(keys.claim("a", third, "hash"), place::leads);
}

TEST_F(KeyBook, ForgetsAFollowerThatGoes) {
  static_cast<void>(keys.claim("a", first, "hash"));
  static_cast<void>(keys.claim("a", second, "hash"));
  static_cast<void>(keys.claim("a", third, "hash"));
  EXPECT_THAT(keys.release("a", second), IsEmpty());
  EXPECT_THAT(keys.release("a", first), ElementsAre(third));
}

TEST_F(KeyBook, TakesARunWithoutAPlaceForGone) {
  EXPECT_THAT(keys.release("a", first), IsEmpty());
  EXPECT_TRUE(keys.empty());
}

TEST(KeyHolder, AnswersOnceItHasEnded) {
  using enum execution_status;
  EXPECT_EQ(holder_of(holder_row(running)), key_holder::runs);
  EXPECT_EQ(holder_of(holder_row(completed)), key_holder::answers);
  EXPECT_EQ(holder_of(holder_row(failed, errc::backend_failed)),
            key_holder::answers);
}

TEST(KeyHolder, IsGoneIfItsEndFreesTheKey) {
  for (auto code :
       {errc::overloaded, errc::store_unavailable, errc::interrupted})
    EXPECT_EQ(holder_of(holder_row(execution_status::failed, code)),
              key_holder::gone)
      << to_string(code);
}

TEST(KeyHolder, IsGoneOnlyIfTheStoreSaysSo) {
  EXPECT_EQ(holder_of(fail(errc::not_found, "No such execution")),
            key_holder::gone);
  EXPECT_EQ(holder_of(fail(errc::store_unavailable, "The store is away")),
            key_holder::runs);
}

TEST(HashOfInputs, DoesNotDependOnTheOrderOfMembers) {
  auto x = json{{"a", 1}, {"b", json::array({json{{"c", 2}, {"d", 3}}})}};
  auto same = json{{"b", json::array({json{{"d", 3}, {"c", 2}}})}, {"a", 1}};
  EXPECT_EQ(hash_of_inputs(x), hash_of_inputs(same));
}

TEST(HashOfInputs, DependsOnValuesAndOnTheOrderOfItems) {
  auto x = json{{"a", json::array({1, 2})}};
  EXPECT_NE(hash_of_inputs(x),
            hash_of_inputs(json{{"a", json::array({2, 1})}}));
  EXPECT_NE(hash_of_inputs(x),
            hash_of_inputs(json{{"b", json::array({1, 2})}}));
}

} // namespace dspex::test
