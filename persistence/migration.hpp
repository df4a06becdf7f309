#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace dspex {

/// One numbered change of a schema, embedded from `migrations/`.
struct migration {
  /// 1, 2, 3, ...
  uint32_t number;
  std::string_view name;
  /// SHA-256 in hex of both texts.
  std::string_view checksum;
  const char* up;
  const char* down;
};

/// @{
/// In ascending order; generated at build time.
[[nodiscard]] std::span<const migration> sqlite_migrations() noexcept;
[[nodiscard]] std::span<const migration> postgres_migrations() noexcept;
/// @}

} // namespace dspex
