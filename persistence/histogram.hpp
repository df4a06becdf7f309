#pragma once

#include <cstdint>
#include <map>
#include <optional>

namespace dspex {

/// Counts durations in logarithmic buckets, 16 to an octave.
///
/// A bucket is at most 1/16 of its lower bound wide, so a quantile, given as
/// the middle of its bucket, is within 3.2 % of a true value; durations below
/// 16 us are exact. Buckets can be added up in any order and any number of
/// times, which makes the histogram a sum like the counters beside it.
class histogram {
public:
  /// The highest bucket into which a signed 64-bit duration can fall.
  static constexpr uint32_t max_bucket = 959;

  /// Returns the bucket of a duration; a negative duration counts as zero.
  [[nodiscard]] static uint32_t bucket_of(int64_t duration_us) noexcept;

  /// Returns the middle of a bucket in microseconds.
  /// @pre `bucket <= max_bucket`
  [[nodiscard]] static double middle_of(uint32_t bucket) noexcept;

  void add(int64_t duration_us);

  void add_bucket(uint32_t bucket, uint64_t count);

  [[nodiscard]] uint64_t count() const noexcept {
    return count_;
  }

  /// Returns the counts by bucket, without the empty buckets.
  [[nodiscard]] const std::map<uint32_t, uint64_t>& buckets() const noexcept {
    return buckets_;
  }

  /// Returns the duration, in microseconds, that a share `q` of all durations
  /// does not exceed (nearest rank); nothing if no duration was added.
  /// @param q a share in (0, 1]
  [[nodiscard]] std::optional<double> quantile(double q) const;

private:
  std::map<uint32_t, uint64_t> buckets_;
  uint64_t count_ = 0;
};

} // namespace dspex
