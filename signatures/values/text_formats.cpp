#include "signatures/values/text_formats.hpp"

#include <algorithm>
#include <array>

namespace dspex::detail {

namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Takes a text apart from the front.
class scanner {
public:
  explicit scanner(std::string_view text) noexcept : rest_(text) {
  }

  [[nodiscard]] bool at_end() const noexcept {
    return rest_.empty();
  }

  bool take(char c) noexcept {
    if (rest_.empty() || rest_.front() != c)
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// Takes exactly `count` digits.
  bool take_number(size_t count, int& out) noexcept {
    if (rest_.size() < count)
      return false;
    out = 0;
    for (auto c : rest_.substr(0, count)) {
      if (!is_digit(c))
        return false;
      out = 10 * out + (c - '0');
    }
    rest_.remove_prefix(count);
    return true;
  }

  /// Takes one digit or more.
  bool take_digits() noexcept {
    auto end = std::find_if_not(rest_.begin(), rest_.end(), is_digit);
    auto size = static_cast<size_t>(end - rest_.begin());
    rest_.remove_prefix(size);
    return size > 0;
  }

private:
  std::string_view rest_;
};

int days_of(int year, int month) noexcept {
  constexpr std::array days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  auto leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return days[static_cast<size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

bool take_date(scanner& text) noexcept {
  int year = 0;
  int month = 0;
  int day = 0;
  return text.take_number(4, year) && text.take('-')
         && text.take_number(2, month) && text.take('-')
         && text.take_number(2, day) && year >= 1 && month >= 1 && month <= 12
         && day >= 1 && day <= days_of(year, month);
}

bool take_hour_and_minute(scanner& text, bool colon) noexcept {
  int hour = 0;
  int minute = 0;
  return text.take_number(2, hour) && hour < 24 && (!colon || text.take(':'))
         && text.take_number(2, minute) && minute < 60;
}

bool take_time(scanner& text) noexcept {
  if (!take_hour_and_minute(text, true))
    return false;
  if (!text.take(':'))
    return true;
  int second = 0;
  if (!text.take_number(2, second) || second > 59)
    return false;
  return !(text.take('.') || text.take(',')) || text.take_digits();
}

bool take_offset(scanner& text) noexcept {
  if (text.at_end() || text.take('Z'))
    return true;
  if (!text.take('+') && !text.take('-'))
    return false;
  auto short_form = text;
  int hour = 0;
  if (short_form.take_number(2, hour) && short_form.at_end() && hour < 24) {
    text = short_form;
    return true;
  }
  auto basic_form = text;
  if (take_hour_and_minute(basic_form, false)) {
    text = basic_form;
    return true;
  }
  return take_hour_and_minute(text, true);
}

/// Returns whether the text has no character that a URI must escape. Characters
/// beyond ASCII are good as they are, since browsers show URIs with them.
bool is_uri_text(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7F && c != '"' && c != '<' && c != '>';
  });
}

bool is_url(std::string_view text) noexcept {
  auto colon = text.find("://");
  if (colon == std::string_view::npos)
    return false;
  auto scheme = text.substr(0, colon);
  auto rest = text.substr(colon + 3);
  auto is = [scheme](std::string_view name) {
    return std::equal(scheme.begin(), scheme.end(), name.begin(), name.end(),
                      [](char x, char y) { return (x | 0x20) == y; });
  };
  return (is("http") || is("https") || is("gs")) && is_uri_text(rest)
         && !rest.substr(0, rest.find_first_of("/?#")).empty();
}

bool is_base64(std::string_view text) noexcept {
  auto padding = text.size() - std::min(text.size(), text.find('='));
  auto body = text.substr(0, text.size() - padding);
  auto in_alphabet = [](char c) {
    return is_letter(c) || is_digit(c) || c == '+' || c == '/';
  };
  return text.size() % 4 == 0 && padding <= 2
         && text.find_first_not_of('=', body.size()) == std::string_view::npos
         && std::all_of(body.begin(), body.end(), in_alphabet);
}

bool is_data_uri(std::string_view text) noexcept {
  constexpr std::string_view scheme = "data:";
  constexpr std::string_view base64 = ";base64";
  auto comma = text.find(',');
  if (text.substr(0, scheme.size()) != scheme
      || comma == std::string_view::npos)
    return false;
  auto media_type = text.substr(scheme.size(), comma - scheme.size());
  auto data = text.substr(comma + 1);
  if (data.empty() || !is_uri_text(media_type))
    return false;
  auto is_encoded = media_type.size() >= base64.size()
                    && media_type.substr(media_type.size() - base64.size())
                         == base64;
  return is_encoded ? is_base64(data) : is_uri_text(data);
}

} // namespace

bool is_datetime(std::string_view text) noexcept {
  scanner rest{text};
  if (!take_date(rest))
    return false;
  if (rest.at_end())
    return true;
  return rest.take('T') && take_time(rest) && take_offset(rest)
         && rest.at_end();
}

bool is_image(std::string_view text) noexcept {
  return is_data_uri(text) || is_url(text);
}

} // namespace dspex::detail
