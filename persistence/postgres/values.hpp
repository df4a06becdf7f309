#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/columns.hpp"

namespace dspex {

/// A parameter of a statement as PostgreSQL reads it; an empty one is null.
using postgres_text = std::optional<std::string>;

/// @{
/// Renders a value as a parameter.
[[nodiscard]] postgres_text as_parameter(std::string_view x);
[[nodiscard]] postgres_text as_parameter(const uuid& x);
[[nodiscard]] postgres_text as_parameter(int64_t x);
[[nodiscard]] postgres_text as_parameter(uint64_t x);
[[nodiscard]] postgres_text as_parameter(bool x);
[[nodiscard]] postgres_text as_parameter(timestamp x);
[[nodiscard]] postgres_text as_parameter(const document& x);
/// `errc::none` is null.
[[nodiscard]] postgres_text as_parameter(errc x);

inline postgres_text as_parameter(const std::string& x) {
  return x;
}

inline postgres_text as_parameter(int32_t x) {
  return as_parameter(int64_t{x});
}

template <lifecycle_status T>
postgres_text as_parameter(T x) {
  return as_parameter(to_string(x));
}

inline postgres_text as_parameter(const char* x) {
  return std::string{x};
}

template <class Tag>
postgres_text as_parameter(const strong_id<Tag>& x) {
  return as_parameter(x.value);
}

template <class T>
postgres_text as_parameter(const std::optional<T>& x) {
  return x ? as_parameter(*x) : std::nullopt;
}
/// @}

/// Reads a time as a server in the time zone UTC prints it, e.g.
/// `2026-01-31 12:00:00.123456+00`; there may be more or fewer digits, and `
/// BC`.
[[nodiscard]] std::optional<timestamp> read_postgres_time(std::string_view x);

/// Types of PostgreSQL, by their numbers, which are the same everywhere.
enum class postgres_type : uint32_t {
  bigint = 20,
  integer = 23,
  text = 25,
  json_text = 114,
  timestamptz = 1184,
  uuid = 2950,
};

/// @{
/// The type of the column for a member of a record.
template <class T>
constexpr auto column_type = postgres_type::text;
template <>
inline constexpr auto column_type<int32_t> = postgres_type::integer;
template <>
inline constexpr auto column_type<int64_t> = postgres_type::bigint;
template <>
inline constexpr auto column_type<uint64_t> = postgres_type::bigint;
template <>
inline constexpr auto column_type<timestamp> = postgres_type::timestamptz;
template <>
inline constexpr auto column_type<document> = postgres_type::json_text;
template <class Tag>
constexpr auto column_type<strong_id<Tag>> = postgres_type::uuid;
template <class T>
constexpr auto column_type<std::optional<T>> = column_type<T>;
/// @}

/// @{
/// Renders a value in PostgreSQL's binary format.
[[nodiscard]] std::string as_binary(int64_t x);
[[nodiscard]] std::string as_binary(bool x);
[[nodiscard]] std::string as_binary(const uuid& x);
/// @}

/// An array parameter in the binary format of PostgreSQL, which a server reads
/// a third faster than text. The elements must be of the type of the array.
class postgres_array {
public:
  explicit postgres_array(postgres_type type);

  void add(const uuid& x);
  void add(timestamp x);
  void add(int64_t x);
  void add(uint64_t x);
  void add(int32_t x);
  void add(std::string_view x);
  void add(const document& x);
  void add(errc x);
  void add_null();

  template <class Tag>
  void add(const strong_id<Tag>& x) {
    add(x.value);
  }

  template <lifecycle_status T>
  void add(T x) {
    add(to_string(x));
  }

  template <class T>
  void add(const std::optional<T>& x) {
    x ? add(*x) : add_null();
  }

  /// Returns the parameter; the array is used up.
  [[nodiscard]] std::string finish();

private:
  postgres_type type_;
  int32_t count_ = 0;
  bool has_null_ = false;
  // The room for the header, and the elements behind it.
  std::string bytes_;
};

} // namespace dspex
