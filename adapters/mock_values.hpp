#pragma once

#include <cstdint>

#include "dspex/error.hpp"
#include "dspex/json.hpp"
#include "dspex/signature.hpp"

namespace dspex {

/// A stream of numbers that depends on nothing but its start (SplitMix64), the
/// same on every platform.
class mock_random {
public:
  explicit mock_random(uint64_t start) : state_(start) {
  }

  [[nodiscard]] uint64_t next() noexcept;

  /// @pre bound > 0
  [[nodiscard]] uint64_t below(uint64_t bound) noexcept;

  /// At least 0 and below 1.
  [[nodiscard]] double fraction() noexcept;

private:
  uint64_t state_;
};

/// The start of the stream for one run: FNV-1a over the content hash of the
/// signature, the values of its input fields in order, and the seed.
[[nodiscard]] uint64_t mock_hash(const signature& sig, const json& inputs,
                                 int64_t seed);

/// Makes outputs that are valid for the signature, the same for the same start.
/// @returns `backend_failed` naming the field whose constraints it cannot meet:
///          contradictory ones, or a pattern that no candidate matches.
[[nodiscard]] result<json> mock_outputs(const signature& sig, uint64_t start);

} // namespace dspex
