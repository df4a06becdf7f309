#include "actors/program/deadline_queue.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

using time_point = deadline_queue::time_point;
using entry = std::pair<time_point, execution_id>;

time_point at(int64_t ms) {
  return time_point{std::chrono::milliseconds{ms}};
}

// Takes everything that is due, with the time that `first` told.
std::vector<entry> take_all(deadline_queue& queue, time_point t) {
  auto out = std::vector<entry>{};
  for (;;) {
    auto first = queue.first();
    auto id = queue.take_due(t);
    if (!id)
      return out;
    out.emplace_back(*first, *id);
  }
}

} // namespace

TEST(DeadlineQueue, GivesWhatIsDueTheEarliestFirst) {
  auto queue = deadline_queue{};
  auto added = std::vector<entry>{};
  auto random = std::minstd_rand{7};
  for (int i = 0; i < 200; ++i) {
    added.emplace_back(at(static_cast<int64_t>(random() % 100)),
                       execution_id::make());
    queue.add(added.back().first, added.back().second);
  }
  std::ranges::sort(added);
  auto due = std::ranges::upper_bound(added, at(49), {}, &entry::first);
  EXPECT_EQ(take_all(queue, at(49)), std::vector(added.begin(), due));
  EXPECT_EQ(take_all(queue, at(99)), std::vector(due, added.end()));
  EXPECT_FALSE(queue.first());
}

TEST(DeadlineQueue, HoldsOnToWhatIsPresentWhenItIsTidied) {
  auto queue = deadline_queue{};
  auto present = std::set<execution_id>{};
  auto has_gone = [&](execution_id id) { return !present.contains(id); };
  for (int i = 0; i < 10'000; ++i) {
    auto id = execution_id::make();
    queue.add(at(i), id);
    // Every hundredth stays.
    present.insert(id);
    queue.tidy(present.size(), has_gone);
    if (i % 100 != 0)
      present.erase(id);
  }
  queue.tidy(present.size(), has_gone);
  auto kept = take_all(queue, at(10'000));
  EXPECT_LE(kept.size(), 4 * present.size() + 65);
  auto found = std::set<execution_id>{};
  for (auto& [t, id] : kept)
    if (!has_gone(id))
      found.insert(id);
  EXPECT_EQ(found, present);
  EXPECT_TRUE(std::ranges::is_sorted(kept, {}, &entry::first));
}

TEST(DeadlineQueue, IsEmptyOnceNothingIsPresent) {
  auto queue = deadline_queue{};
  queue.add(at(1), execution_id::make());
  queue.tidy(0, [](execution_id) { return true; });
  EXPECT_FALSE(queue.first());
}

} // namespace dspex::test
