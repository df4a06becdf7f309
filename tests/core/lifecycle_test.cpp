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

TEST(Lifecycle, AFailedExecutionLastsNoTimeIfTheClockWentBack) {
  using std::chrono::microseconds;
  auto x = execution_record{};
  x.executed_at = timestamp{microseconds{1'000}};
  end_as_failed(x, errc::interrupted, "gone", timestamp{microseconds{1'500}});
  EXPECT_EQ(x.status, execution_status::failed);
  EXPECT_EQ(x.error_code, errc::interrupted);
  EXPECT_EQ(x.error_message, "gone");
  EXPECT_EQ(x.duration_us, 500);
  EXPECT_EQ(x.finished_at, timestamp{microseconds{1'500}});
  EXPECT_EQ(x.updated_at, x.finished_at);
  end_as_failed(x, errc::interrupted, "gone", timestamp{microseconds{500}});
  EXPECT_EQ(x.duration_us, 0);
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
