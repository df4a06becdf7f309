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

/// Microseconds since 1970-01-01T00:00:00Z: the resolution of every record.
using timestamp = std::chrono::time_point<std::chrono::system_clock,
                                          std::chrono::microseconds>;

/// The present time of the wall clock.
[[nodiscard]] timestamp now();

/// Renders `2026-01-31T12:00:00.123456Z`.
[[nodiscard]] std::string to_string(timestamp t);

/// Reads what `to_string` writes.
[[nodiscard]] std::optional<timestamp> timestamp_from_string(std::string_view);

/// A 128-bit identifier, made by us as UUID version 7 (RFC 9562): 48 bits of
/// milliseconds, then random bits, so that ids sort by the time they were made.
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

  /// When it was made, to the millisecond; nothing unless it is of version 7.
  [[nodiscard]] std::optional<timestamp> made_at() const noexcept;

  /// Half of it as a number: the first eight bytes for 0, the others for 1.
  [[nodiscard]] constexpr uint64_t half(size_t which) const noexcept {
    // Without a loop, compilers make one load of it.
    auto at = [&](size_t i) { return uint64_t{bytes[8 * which + i]}; };
    return at(0) << 56 | at(1) << 48 | at(2) << 40 | at(3) << 32 | at(4) << 24
           | at(5) << 16 | at(6) << 8 | at(7);
  }

  friend constexpr bool operator==(const uuid& a, const uuid& b) noexcept {
    return a.half(0) == b.half(0) && a.half(1) == b.half(1);
  }

  /// As the bytes compare.
  friend constexpr std::strong_ordering operator<=>(const uuid& a,
                                                    const uuid& b) noexcept {
    if (auto order = a.half(0) <=> b.half(0); order != 0)
      return order;
    return a.half(1) <=> b.half(1);
  }
};

/// Renders the 36-character lower-case form.
[[nodiscard]] std::string to_string(const uuid& id);

/// Ids of different kinds of records do not mix: `Tag` tells them apart.
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
/// The id of a record, made by whoever creates it.
using signature_id = strong_id<struct signature_id_tag>;
using program_id = strong_id<struct program_id_tag>;
using execution_id = strong_id<struct execution_id_tag>;
/// @}

/// One running dspex process; the owner of unfinished work.
using node_id = strong_id<struct node_id_tag>;

} // namespace dspex

/// @cond
template <>
struct std::hash<dspex::uuid> {
  size_t operator()(const dspex::uuid& id) const noexcept {
    // The last eight bytes are random in version 7; in some others, the first.
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
