#include "cli/moment.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>

namespace dspex::cli {

namespace {

constexpr auto whole_length = std::string_view{"2026-01-31T12:00:00"}.size();
constexpr auto date_length = std::string_view{"2026-01-31"}.size();

std::optional<std::chrono::seconds> unit(char letter) {
  using namespace std::chrono;
  switch (letter) {
    case 's':
      return seconds{1};
    case 'm':
      return minutes{1};
    case 'h':
      return hours{1};
    case 'd':
      return days{1};
    case 'w':
      return weeks{1};
    default:
      return std::nullopt;
  }
}

std::optional<std::chrono::seconds> read_age(std::string_view text) {
  auto count = uint32_t{0};
  auto* end = text.data() + text.size();
  auto [at, problem] = std::from_chars(text.data(), end, count);
  if (problem != std::errc{} || at + 1 != end)
    return std::nullopt;
  auto one = unit(*at);
  if (!one)
    return std::nullopt;
  return count * *one;
}

// Completes a moment from which parts of the form of records were left out.
std::optional<timestamp> read_date(std::string_view text) {
  auto whole = std::string{text};
  if (whole.size() == date_length)
    whole += "T00:00:00Z";
  if (whole.size() <= whole_length || whole.back() != 'Z')
    return std::nullopt;
  whole.pop_back();
  if (whole.size() == whole_length)
    whole += '.';
  whole.resize(std::max(whole.size(), whole_length + 7), '0');
  return timestamp_from_string(whole + 'Z');
}

} // namespace

result<timestamp> read_moment(std::string_view option, std::string_view text,
                              timestamp now) {
  auto since_epoch
    = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  if (auto age = read_age(text); age && *age <= since_epoch)
    return now - *age;
  if (auto date = read_date(text))
    return *date;
  return fail(errc::invalid_option,
              std::string{option}
                + ": expected a moment such as 2026-01-31T12:00:00Z or an age "
                  "such as 30d, got \""
                + std::string{text} + '"');
}

} // namespace dspex::cli
