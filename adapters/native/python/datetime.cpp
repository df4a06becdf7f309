#include "adapters/native/python/datetime.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>

#include "adapters/native/python/literal.hpp"
#include "adapters/native/python/text.hpp"
#include "signatures/values/text_formats.hpp"

namespace dspex {

namespace {

// A number beyond this counts milliseconds, others count seconds.
constexpr auto last_second = 2e10;

// How many characters `2026-01-31` has.
constexpr size_t date_size = 10;

std::optional<std::string> from_number(double seconds) {
  if (std::fabs(seconds) > last_second)
    seconds /= 1000;
  // pydantic's last microsecond is that of the year 9999.
  constexpr auto end_of_time = 253'402'300'800.0;
  constexpr auto start_of_time = -62'135'596'800.0;
  if (!(seconds >= start_of_time && seconds < end_of_time))
    return std::nullopt;
  auto whole = std::floor(seconds);
  auto microseconds = static_cast<int64_t>(std::floor((seconds - whole) * 1e6));
  auto time = static_cast<std::time_t>(whole);
  auto parts = std::tm{};
  if (gmtime_r(&time, &parts) == nullptr)
    return std::nullopt;
  auto buffer = std::array<char, 40>{};
  auto size = std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%S",
                            &parts);
  auto result = std::string{buffer.data(), size};
  // `%Y` does not fill up with zeros.
  result.insert(0, 19 - result.size(), '0');
  if (microseconds > 0) {
    auto digits = std::to_string(1'000'000 + microseconds);
    result += '.' + digits.substr(1);
  }
  return result + 'Z';
}

} // namespace

std::optional<std::string> read_python_datetime(const json& value) {
  if (value.is_number())
    return from_number(value.get<double>());
  if (!value.is_string())
    return std::nullopt;
  auto text = std::string{python_strip(value.get_ref<const std::string&>())};
  if (auto number = read_decimal(text); number.outcome == number_outcome::value)
    return from_number(number.value.get<double>());
  if (text.size() == date_size)
    text += "T00:00:00";
  if (text.size() > date_size
      && std::string{" t_"}.find(text[date_size]) != std::string::npos)
    text[date_size] = 'T';
  if (!text.empty() && text.back() == 'z')
    text.back() = 'Z';
  if (!detail::is_datetime(text))
    return std::nullopt;
  return text;
}

std::optional<std::string> read_python_date(const json& value) {
  auto moment = read_python_datetime(value);
  if (!moment)
    return std::nullopt;
  auto time = moment->substr(date_size + 1);
  // A moment becomes a date without loss only at midnight.
  if (time.find_first_not_of("0:.Z") != std::string::npos)
    return std::nullopt;
  return moment->substr(0, date_size);
}

} // namespace dspex
