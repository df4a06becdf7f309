#include <gtest/gtest.h>

#include "simulator/fault.hpp"

namespace dspex::test {

namespace {

TEST(SimFault, ReadsEveryItem) {
  auto fault = read_sim_fault("status=429; retry_after=1;latency_ms=50;"
                              "fail_first=3;huge=1000;garbage;hang;"
                              "close_halfway;text=a;b");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->status, 429);
  EXPECT_EQ(fault->retry_after, 1u);
  EXPECT_EQ(fault->latency, std::chrono::milliseconds{50});
  EXPECT_EQ(fault->fail_first, 3u);
  EXPECT_EQ(fault->huge, 1000u);
  EXPECT_TRUE(fault->garbage);
  EXPECT_TRUE(fault->hang);
  EXPECT_TRUE(fault->close_halfway);
  EXPECT_EQ(fault->text, "a;b");
}

TEST(SimFault, IsUnsetWithoutItemsOrMarker) {
  EXPECT_FALSE(read_sim_fault(" ; ")->any());
  EXPECT_FALSE(find_sim_fault("no [[ ## marker ## ]] here")->any());
}

TEST(SimFault, NamesAnItemThatIsUnknownOrOutOfRange) {
  for (auto bad : {"oops", "status=200", "status=600", "status=x", "status",
                   "garbage=1", "huge=-1", "huge=99999999999", "latency_ms="}) {
    auto fault = read_sim_fault(bad);
    ASSERT_FALSE(fault) << bad;
    EXPECT_EQ(fault.error().code, errc::invalid_option);
    EXPECT_NE(fault.error().message.find(bad), std::string::npos);
  }
}

TEST(SimFault, TakesTextUpToTheBracketsThatPairUp) {
  auto fault = find_sim_fault("before [[sim:text=[[ ## a ## ]]\n1]] after]]");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->text, "[[ ## a ## ]]\n1");
}

TEST(SimFault, RefusesAMarkerWithoutEnd) {
  auto fault = find_sim_fault("x [[sim:text=[[ ]]");
  ASSERT_FALSE(fault);
  EXPECT_EQ(fault.error().code, errc::invalid_option);
}

} // namespace

} // namespace dspex::test
