#include "dspex/error.hpp"

#include <set>

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

constexpr errc all_codes[] = {
  errc::invalid_signature,
  errc::unknown_module,
  errc::not_found,
  errc::invalid_input,
  errc::invalid_transition,
  errc::invalid_option,
  errc::conflict,
  errc::unauthorized,
  errc::forbidden,
  errc::overloaded,
  errc::backend_unavailable,
  errc::store_unavailable,
  errc::timeout,
  errc::backend_failed,
  errc::invalid_output,
  errc::store_rejected,
  errc::cancelled,
  errc::interrupted,
  errc::shutting_down,
  errc::internal,
};

} // namespace

TEST(ErrorCode, NamesAreDistinctAndReadBack) {
  auto names = std::set<std::string_view>{};
  for (auto code : all_codes) {
    names.insert(to_string(code));
    EXPECT_EQ(errc_from_string(to_string(code)), code);
  }
  EXPECT_EQ(names.size(), std::size(all_codes));
  EXPECT_EQ(errc_from_string("no_such_code"), errc::none);
  EXPECT_EQ(errc_from_string(""), errc::none);
}

TEST(ErrorCode, RetryableIsExactlyTheSecondGroup) {
  auto retryable = std::set<errc>{errc::overloaded, errc::backend_unavailable,
                                  errc::store_unavailable, errc::timeout};
  for (auto code : all_codes)
    EXPECT_EQ(is_retryable(code), retryable.contains(code)) << to_string(code);
}

TEST(ErrorCode, ValuesThatTravelDoNotChange) {
  EXPECT_EQ(int(errc::invalid_signature), 1);
  EXPECT_EQ(int(errc::conflict), 7);
  EXPECT_EQ(int(errc::overloaded), 20);
  EXPECT_EQ(int(errc::backend_failed), 40);
  EXPECT_EQ(int(errc::internal), 46);
}

TEST(ErrorText, ShowsCodeAndMessage) {
  EXPECT_EQ(to_string(error{errc::not_found, "No program"}),
            "not_found: No program");
}

TEST(ErrorJson, ShowsDetailsOnlyWhenThereAreAny) {
  EXPECT_EQ(dump_json(to_json(error{errc::timeout, "late"})),
            R"({"code":"timeout","message":"late"})");
  EXPECT_EQ(dump_json(to_json(error{errc::timeout, "late", {{"ms", 5}}})),
            R"({"code":"timeout","message":"late","details":{"ms":5}})");
}

} // namespace dspex::test
