#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace dspex {

/// A moment, in microseconds since 1970-01-01T00:00:00Z as in every record.
using timestamp = std::chrono::time_point<std::chrono::system_clock,
                                          std::chrono::microseconds>;

/// Returns the present time of the wall clock.
[[nodiscard]] timestamp now();

/// Renders `2026-01-31T12:00:00.123456Z`.
[[nodiscard]] std::string to_string(timestamp t);

/// Reads what `to_string` writes.
[[nodiscard]] std::optional<timestamp> timestamp_from_string(std::string_view);

/// A 128-bit identifier. Those made here are UUIDs of version 7 (RFC 9562): 48
/// bits of milliseconds, then random bits, so that ids sort by the time they
/// were made.
struct uuid {
  std::array<uint8_t, 16> bytes{};

  /// Makes a new id. Thread safe; strictly increasing within a thread.
  [[nodiscard]] static uuid make();

  /// Reads the usual 36-character form, in either case.
  [[nodiscard]] static std::optional<uuid> parse(std::string_view text);

  /// Whether this is the id of nothing: all zero, as default constructed.
  [[nodiscard]] bool is_nil() const noexcept {
    return *this == uuid{};
  }

  /// Returns when the id was made, to the millisecond, or nothing if it is not
  /// of version 7.
  [[nodiscard]] std::optional<timestamp> made_at() const noexcept;

  /// Returns half of the id as a number: the first eight bytes for 0, the
  /// others for 1.
  [[nodiscard]] constexpr uint64_t half(size_t which) const noexcept {
    // Compilers make one load of this, but not of a loop.
    auto at = [&](size_t i) { return uint64_t{bytes[8 * which + i]}; };
    return at(0) << 56 | at(1) << 48 | at(2) << 40 | at(3) << 32 | at(4) << 24
           | at(5) << 16 | at(6) << 8 | at(7);
  }

  friend constexpr bool operator==(const uuid& a, const uuid& b) noexcept {
    return a.half(0) == b.half(0) && a.half(1) == b.half(1);
  }

  /// Orders ids as their bytes compare.
  friend constexpr std::strong_ordering operator<=>(const uuid& a,
                                                    const uuid& b) noexcept {
    if (auto order = a.half(0) <=> b.half(0); order != 0)
      return order;
    return a.half(1) <=> b.half(1);
  }
};

/// Renders the 36-character lower-case form.
[[nodiscard]] std::string to_string(const uuid& id);

/// An id of one kind of records: `Tag` keeps ids of different kinds from being
/// mixed up.
template <class Tag>
struct strong_id {
  uuid value;

  /// Makes a new id, as `uuid::make` does.
  [[nodiscard]] static strong_id make() {
    return {uuid::make()};
  }

  /// Reads the usual 36-character form, in either case.
  [[nodiscard]] static std::optional<strong_id> parse(std::string_view text) {
    if (auto id = uuid::parse(text))
      return strong_id{*id};
    return std::nullopt;
  }

  /// Whether this is the id of nothing.
  [[nodiscard]] bool is_nil() const noexcept {
    return value.is_nil();
  }

  friend auto operator<=>(const strong_id&, const strong_id&) = default;

  friend std::string to_string(const strong_id& id) {
    return to_string(id.value);
  }

  template <class Inspector>
  friend auto inspect(Inspector& f, strong_id& x) {
    return f(x.value.bytes);
  }
};

/// @{
/// The id of a record, made by the process that creates the record.
using signature_id = strong_id<struct signature_id_tag>;
using program_id = strong_id<struct program_id_tag>;
using execution_id = strong_id<struct execution_id_tag>;
/// @}

/// The id of one running dspex process, which owns its unfinished work.
using node_id = strong_id<struct node_id_tag>;

} // namespace dspex

/// @cond
template <>
struct std::hash<dspex::uuid> {
  size_t operator()(const dspex::uuid& id) const noexcept {
    // The last eight bytes are random in version 7, the first eight in some
    // other versions.
    return static_cast<size_t>(id.half(1) ^ id.half(0) * 0x9E37'79B9'7F4A'7C15);
  }
};

template <class Tag>
struct std::hash<dspex::strong_id<Tag>> {
  size_t operator()(const dspex::strong_id<Tag>& id) const noexcept {
    return std::hash<dspex::uuid>{}(id.value);
  }
};
/// @endcond
