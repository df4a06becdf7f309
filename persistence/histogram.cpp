#include "persistence/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace dspex {

uint32_t histogram::bucket_of(int64_t duration_us) noexcept {
  auto x = static_cast<uint64_t>(std::max(duration_us, int64_t{0}));
  if (x < 16)
    return static_cast<uint32_t>(x);
  // The four bits behind the leading one are the number of the sixteenth.
  auto shift = static_cast<uint32_t>(std::bit_width(x)) - 5;
  return 16 * shift + static_cast<uint32_t>(x >> shift);
}

double histogram::middle_of(uint32_t bucket) noexcept {
  if (bucket < 16)
    return bucket;
  auto shift = bucket / 16 - 1;
  auto lower = uint64_t{bucket - 16 * shift} << shift;
  auto width = uint64_t{1} << shift;
  return static_cast<double>(lower) + static_cast<double>(width - 1) / 2;
}

void histogram::add(int64_t duration_us) {
  add_bucket(bucket_of(duration_us), 1);
}

void histogram::add_bucket(uint32_t bucket, uint64_t count) {
  if (count == 0)
    return;
  buckets_[bucket] += count;
  count_ += count;
}

std::optional<double> histogram::quantile(double q) const {
  if (count_ == 0)
    return std::nullopt;
  auto rank = static_cast<uint64_t>(std::ceil(q * static_cast<double>(count_)));
  rank = std::clamp<uint64_t>(rank, 1, count_);
  uint64_t seen = 0;
  for (auto& [bucket, n] : buckets_) {
    seen += n;
    if (seen >= rank)
      return middle_of(bucket);
  }
  return middle_of(buckets_.rbegin()->first);
}

} // namespace dspex
