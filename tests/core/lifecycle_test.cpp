#include "core/lifecycle.hpp"

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

// The store's conformance suite checks every cell of the transition tables.

program_record program_in(program_status status) {
  auto out = program_record{};
  out.status = status;
  out.error_message = "no such model";
  return out;
}

std::string execute_refusal(program_status status) {
  auto got = check_execute(program_in(status));
  return got ? "ok" : to_string(got.error());
}

} // namespace

TEST(Lifecycle, OnlyReadyProgramsExecute) {
  EXPECT_EQ(execute_refusal(program_status::ready), "ok");
  EXPECT_EQ(execute_refusal(program_status::draft),
            "invalid_transition: Program not ready for execution (status: "
            "draft)");
  EXPECT_EQ(execute_refusal(program_status::initializing),
            "invalid_transition: Program not ready for execution (status: "
            "initializing)");
  EXPECT_EQ(execute_refusal(program_status::archived),
            "invalid_transition: Program not ready for execution (status: "
            "archived)");
  EXPECT_EQ(execute_refusal(program_status::error),
            "invalid_transition: Program is in error state: no such model");
}

TEST(Lifecycle, DeprecatedSignaturesTakeNoNewPrograms) {
  EXPECT_TRUE(check_new_program(signature_status::draft));
  EXPECT_TRUE(check_new_program(signature_status::active));
  auto got = check_new_program(signature_status::deprecated);
  ASSERT_FALSE(got);
  EXPECT_EQ(to_string(got.error()),
            "invalid_transition: Signature is deprecated");
}

TEST(Lifecycle, RefusalCarriesTheCodeOfTheContract) {
  auto busy = next_status(program_action::archive,
                          program_status::initializing);
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code, errc::conflict);
  auto gone = next_status(program_action::archive, program_status::archived);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, errc::invalid_transition);
}

} // namespace dspex::test
