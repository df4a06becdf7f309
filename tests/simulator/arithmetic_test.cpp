#include "simulator/arithmetic.hpp"

#include <string>

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

std::string solve(std::string_view text) {
  auto solved = solve_sim_arithmetic(text);
  if (!solved)
    return "no question";
  return solved->defined ? print_sim_number(solved->value) : "undefined";
}

TEST(SimArithmetic, SolvesQuestionsAndBareExpressions) {
  EXPECT_EQ(solve("What is 2+2?"), "4");
  EXPECT_EQ(solve("12 * (3 - 1)"), "24");
  EXPECT_EQ(solve("what is 7 plus 5"), "12");
  EXPECT_EQ(solve("Calculate 10 divided by 4, please."), "2.5");
  EXPECT_EQ(solve("How much is 6 multiplied by 7?"), "42");
  EXPECT_EQ(solve("2^3^2"), "512");
  EXPECT_EQ(solve("what's 9 minus -3?"), "12");
  EXPECT_EQ(solve("3 x 4 ="), "12");
  EXPECT_EQ(solve("What is 8 \xc3\xb7 2 \xc3\x97 3?"), "12");
  EXPECT_EQ(solve("0.1 + 0.2"), "0.3");
}

TEST(SimArithmetic, ObeysPrecedence) {
  EXPECT_EQ(solve("2 + 3 * 4 - 6 / 3"), "12");
  EXPECT_EQ(solve("-2^2"), "-4");
  EXPECT_EQ(solve("(1 + 2) * -(3 + 4)"), "-21");
}

TEST(SimArithmetic, HasNoValueForADivisionByZeroOrAnOverflow) {
  EXPECT_EQ(solve("What is 1 / 0?"), "undefined");
  EXPECT_EQ(solve("1 / (2 - 2) + 5"), "undefined");
  EXPECT_EQ(solve("10^10^10"), "undefined");
}

TEST(SimArithmetic, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(solve("The shop is open 24/7."), "no question");
  EXPECT_EQ(solve("Order 555-1234 arrived on 2024-01-15"), "no question");
  EXPECT_EQ(solve("2024-01-15"), "no question");
  EXPECT_EQ(solve("What is 42?"), "no question");
  EXPECT_EQ(solve("What is the capital of France?"), "no question");
  EXPECT_EQ(solve("2 +"), "no question");
  EXPECT_EQ(solve("(2 + 3"), "no question");
  EXPECT_EQ(solve(""), "no question");
}

TEST(SimArithmetic, RefusesDeepNestingInsteadOfCrashing) {
  auto nested = std::string(900, '(') + "1+1" + std::string(900, ')');
  EXPECT_EQ(solve(nested), "no question");
  EXPECT_EQ(solve("1" + std::string(1900, '-') + "1"), "no question");
  EXPECT_EQ(solve(std::string(20, '(') + "1+1" + std::string(20, ')')), "2");
}

} // namespace

} // namespace dspex::test
