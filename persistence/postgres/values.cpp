#include "persistence/postgres/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace dspex {

namespace {

// The size of the header of an array of one dimension.
constexpr size_t array_header = 20;

template <class T>
std::array<char, sizeof(T)> big_endian(T x) {
  auto out = std::array<char, sizeof(T)>{};
  for (size_t i = 0; i < sizeof(T); ++i)
    out[i] = static_cast<char>((x >> (8 * (sizeof(T) - 1 - i))) & 0xff);
  return out;
}

template <class T>
void append_number(std::string& out, T x) {
  auto bytes = big_endian(x);
  out.append(bytes.data(), bytes.size());
}

// Returns the microseconds since 2000, where PostgreSQL counts from.
int64_t postgres_epoch(timestamp x) {
  constexpr auto offset = int64_t{946'684'800'000'000};
  auto us = int64_t{x.time_since_epoch().count()};
  constexpr auto lowest = std::numeric_limits<int64_t>::min();
  // A time that is out of range is passed on as such, and the server refuses
  // it.
  return us < lowest + offset ? lowest + 1 : us - offset;
}

// Takes the number at the front of a text.
std::optional<int64_t> take_number(std::string_view& x) {
  int64_t out = 0;
  auto [end, ec] = std::from_chars(x.data(), x.data() + x.size(), out);
  if (ec != std::errc{})
    return std::nullopt;
  x.remove_prefix(static_cast<size_t>(end - x.data()));
  return out;
}

bool take(std::string_view& x, char c) {
  if (x.empty() || x.front() != c)
    return false;
  x.remove_prefix(1);
  return true;
}

} // namespace

// -- text ---------------------------------------------------------------------

postgres_text as_parameter(std::string_view x) {
  return std::string{x};
}

postgres_text as_parameter(const uuid& x) {
  return to_string(x);
}

postgres_text as_parameter(int64_t x) {
  return std::to_string(x);
}

postgres_text as_parameter(uint64_t x) {
  return std::to_string(x);
}

postgres_text as_parameter(bool x) {
  return x ? "true" : "false";
}

postgres_text as_parameter(timestamp x) {
  return to_string(x);
}

postgres_text as_parameter(const document& x) {
  return dump_json(*x);
}

postgres_text as_parameter(errc x) {
  if (x == errc::none)
    return std::nullopt;
  return std::string{to_string(x)};
}

std::optional<timestamp> read_postgres_time(std::string_view x) {
  namespace chr = std::chrono;
  auto year = take_number(x);
  auto month = take(x, '-') ? take_number(x) : std::nullopt;
  auto day = take(x, '-') ? take_number(x) : std::nullopt;
  auto hour = take(x, ' ') ? take_number(x) : std::nullopt;
  auto minute = take(x, ':') ? take_number(x) : std::nullopt;
  auto second = take(x, ':') ? take_number(x) : std::nullopt;
  if (!year || !month || !day || !hour || !minute || !second)
    return std::nullopt;
  auto fraction = int64_t{0};
  if (take(x, '.'))
    for (auto unit = 100'000;
         unit > 0 && !x.empty() && x.front() >= '0' && x.front() <= '9';
         unit /= 10, x.remove_prefix(1))
      fraction += unit * (x.front() - '0');
  if (!x.starts_with("+00"))
    return std::nullopt;
  if (x.ends_with(" BC"))
    year = 1 - *year;
  auto date = chr::year_month_day{chr::year{static_cast<int>(*year)},
                                  chr::month{static_cast<unsigned>(*month)},
                                  chr::day{static_cast<unsigned>(*day)}};
  // The calendar class counts days correctly even for years beyond its range.
  return timestamp{chr::sys_days{date}} + chr::hours{*hour}
         + chr::minutes{*minute} + chr::seconds{*second}
         + chr::microseconds{fraction};
}

// -- binary -------------------------------------------------------------------

std::string as_binary(int64_t x) {
  auto out = std::string{};
  append_number(out, x);
  return out;
}

std::string as_binary(bool x) {
  return std::string(1, x ? '\1' : '\0');
}

std::string as_binary(const uuid& x) {
  return {x.bytes.begin(), x.bytes.end()};
}

postgres_array::postgres_array(postgres_type type)
  : type_(type), bytes_(array_header, '\0') {
}

void postgres_array::add(const uuid& x) {
  add(std::string_view{reinterpret_cast<const char*>(x.bytes.data()),
                       x.bytes.size()});
}

void postgres_array::add(timestamp x) {
  add(postgres_epoch(x));
}

void postgres_array::add(int64_t x) {
  ++count_;
  append_number(bytes_, int32_t{8});
  append_number(bytes_, x);
}

void postgres_array::add(uint64_t x) {
  add(static_cast<int64_t>(x));
}

void postgres_array::add(int32_t x) {
  ++count_;
  append_number(bytes_, int32_t{4});
  append_number(bytes_, x);
}

void postgres_array::add(std::string_view x) {
  ++count_;
  append_number(bytes_, static_cast<int32_t>(x.size()));
  bytes_ += x;
}

void postgres_array::add(const document& x) {
  ++count_;
  auto begin = bytes_.size();
  append_number(bytes_, int32_t{0});
  append_json(bytes_, *x);
  auto size = bytes_.size() - begin - sizeof(int32_t);
  std::ranges::copy(big_endian(static_cast<int32_t>(size)),
                    bytes_.begin() + static_cast<std::ptrdiff_t>(begin));
}

void postgres_array::add(errc x) {
  x == errc::none ? add_null() : add(to_string(x));
}

void postgres_array::add_null() {
  ++count_;
  has_null_ = true;
  append_number(bytes_, int32_t{-1});
}

std::string postgres_array::finish() {
  auto header = std::string{};
  append_number(header, int32_t{count_ > 0});
  append_number(header, int32_t{has_null_});
  append_number(header, static_cast<uint32_t>(type_));
  if (count_ == 0)
    return header;
  append_number(header, count_);
  append_number(header, int32_t{1});
  bytes_.replace(0, array_header, header);
  return std::move(bytes_);
}

} // namespace dspex
