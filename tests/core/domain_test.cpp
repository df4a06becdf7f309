#include "dspex/domain.hpp"

#include <set>

#include <gtest/gtest.h>

#include "core/action_table.hpp"

namespace dspex::test {

TEST(Domain, ListsEachActionOnceAndUnderItsResource) {
  auto names = std::set<std::string_view>{};
  for (auto& resource : domain())
    for (auto& action : resource.actions) {
      EXPECT_EQ(action.resource(), resource.name);
      EXPECT_TRUE(names.insert(action.name).second) << action.name;
      EXPECT_EQ(find_action(action.name), &action);
    }
  EXPECT_EQ(names.size(), std::size(action_table::rows));
}

TEST(Domain, DoesNotFindWhatIsNoAction) {
  for (auto name : {"", "program", "program.", ".get", "program.explode"})
    EXPECT_EQ(find_action(name), nullptr) << name;
}

TEST(Domain, CountsNoActionAsAReadThatChangesSomething) {
  auto reads = std::set<std::string_view>{};
  for (auto& resource : domain())
    for (auto& action : resource.actions)
      if (action.kind == action_kind::read)
        reads.insert(action.name);
  EXPECT_EQ(reads, (std::set<std::string_view>{
                     "signature.get", "signature.list", "signature.explain",
                     "program.get", "program.list", "program.stats",
                     "execution.get", "execution.list"}));
}

} // namespace dspex::test
