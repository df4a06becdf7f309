#include "dspex/id.hpp"

#include <cstring>
#include <random>
#include <stdexcept>
#include <sys/random.h>

namespace dspex {

// -- timestamps ---------------------------------------------------------------

timestamp now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(
    std::chrono::system_clock::now());
}

namespace {

void append_digits(std::string& out, int64_t value, size_t width) {
  auto digits = std::to_string(value);
  if (digits.size() < width)
    out.append(width - digits.size(), '0');
  out += digits;
}

// Reads exactly `count` decimal digits at `pos`; returns -1 if there are fewer.
int read_digits(std::string_view text, size_t pos, size_t count) {
  if (pos + count > text.size())
    return -1;
  auto result = 0;
  for (auto c : text.substr(pos, count)) {
    if (c < '0' || c > '9')
      return -1;
    result = result * 10 + (c - '0');
  }
  return result;
}

} // namespace

std::string to_string(timestamp t) {
  namespace chr = std::chrono;
  auto days = chr::floor<chr::days>(t);
  auto date = chr::year_month_day{days};
  auto time = (t - days).count();
  auto result = std::string{};
  result.reserve(27);
  append_digits(result, int{date.year()}, 4);
  result += '-';
  append_digits(result, unsigned{date.month()}, 2);
  result += '-';
  append_digits(result, unsigned{date.day()}, 2);
  result += 'T';
  append_digits(result, time / 3'600'000'000, 2);
  result += ':';
  append_digits(result, time / 60'000'000 % 60, 2);
  result += ':';
  append_digits(result, time / 1'000'000 % 60, 2);
  result += '.';
  append_digits(result, time % 1'000'000, 6);
  result += 'Z';
  return result;
}

std::optional<timestamp> timestamp_from_string(std::string_view text) {
  namespace chr = std::chrono;
  if (text.size() != 27 || text[4] != '-' || text[7] != '-' || text[10] != 'T'
      || text[13] != ':' || text[16] != ':' || text[19] != '.'
      || text[26] != 'Z')
    return std::nullopt;
  auto year = read_digits(text, 0, 4);
  auto month = read_digits(text, 5, 2);
  auto day = read_digits(text, 8, 2);
  auto hour = read_digits(text, 11, 2);
  auto minute = read_digits(text, 14, 2);
  auto second = read_digits(text, 17, 2);
  auto micro = read_digits(text, 20, 6);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || hour > 23 || minute < 0
      || minute > 59 || second < 0 || second > 59 || micro < 0)
    return std::nullopt;
  auto date = chr::year_month_day{chr::year{year},
                                  chr::month{static_cast<unsigned>(month)},
                                  chr::day{static_cast<unsigned>(day)}};
  if (!date.ok())
    return std::nullopt;
  return timestamp{chr::sys_days{date}} + chr::hours{hour}
         + chr::minutes{minute} + chr::seconds{second}
         + chr::microseconds{micro};
}

// -- uuid ---------------------------------------------------------------------

namespace {

// Makes the ids of one thread: a millisecond clock, then 12 random bits and a
// 62-bit random tail, seeded by the kernel. Within one millisecond the 12 bits
// count up, so that ids of a thread strictly increase.
class uuid_generator {
public:
  uuid_generator() {
    auto seeds = std::array<uint64_t, 4>{};
    if (getrandom(seeds.data(), sizeof(seeds), 0) != sizeof(seeds))
      throw std::runtime_error("the kernel gave no random numbers");
    auto seq = std::seed_seq(reinterpret_cast<uint32_t*>(seeds.data()),
                             reinterpret_cast<uint32_t*>(seeds.data() + 4));
    engine_.seed(seq);
  }

  uuid next() {
    namespace chr = std::chrono;
    auto millis
      = static_cast<uint64_t>(chr::duration_cast<chr::milliseconds>(
                                chr::system_clock::now().time_since_epoch())
                                .count());
    if (millis > last_millis_) {
      last_millis_ = millis;
      counter_ = static_cast<uint32_t>(engine_() & 0x7ff);
    } else if (++counter_ > 0xfff) {
      ++last_millis_;
      counter_ = 0;
    }
    auto result = uuid{};
    for (size_t i = 0; i < 6; ++i)
      result.bytes[i] = static_cast<uint8_t>(last_millis_ >> (40 - 8 * i));
    result.bytes[6] = static_cast<uint8_t>(0x70 | (counter_ >> 8));
    result.bytes[7] = static_cast<uint8_t>(counter_);
    auto tail = engine_();
    for (size_t i = 0; i < 8; ++i)
      result.bytes[8 + i] = static_cast<uint8_t>(tail >> (56 - 8 * i));
    result.bytes[8] = static_cast<uint8_t>(0x80 | (result.bytes[8] & 0x3f));
    return result;
  }

private:
  std::mt19937_64 engine_;
  uint64_t last_millis_ = 0;
  uint32_t counter_ = 0;
};

int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

} // namespace

uuid uuid::make() {
  thread_local auto generator = uuid_generator{};
  return generator.next();
}

std::optional<timestamp> uuid::made_at() const noexcept {
  if (bytes[6] >> 4 != 7)
    return std::nullopt;
  return timestamp{std::chrono::milliseconds{half(0) >> 16}};
}

std::optional<uuid> uuid::parse(std::string_view text) {
  if (text.size() != 36)
    return std::nullopt;
  auto result = uuid{};
  size_t pos = 0;
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      if (text[pos] != '-')
        return std::nullopt;
      ++pos;
    }
    auto high = hex_value(text[pos]);
    auto low = hex_value(text[pos + 1]);
    if (high < 0 || low < 0)
      return std::nullopt;
    result.bytes[i] = static_cast<uint8_t>(high * 16 + low);
    pos += 2;
  }
  return result;
}

std::string to_string(const uuid& id) {
  constexpr auto digits = std::string_view{"0123456789abcdef"};
  auto result = std::string(36, '-');
  size_t pos = 0;
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10)
      ++pos;
    result[pos++] = digits[id.bytes[i] >> 4];
    result[pos++] = digits[id.bytes[i] & 0xf];
  }
  return result;
}

} // namespace dspex
