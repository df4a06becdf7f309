#include "config/settings.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <type_traits>

#include "config/problem.hpp"

namespace dspex {

namespace {

template <class T>
inline constexpr bool is_count
  = std::is_same_v<
      T,
      size_t> || std::is_same_v<T, std::optional<size_t>> || std::is_same_v<T, std::chrono::milliseconds>;

template <class T>
inline constexpr bool is_number
  = std::is_same_v<T, double> || std::is_same_v<T, std::optional<double>>;

/// Calls `f` with the member that a setting stands for.
template <class F>
auto visit_member(const setting& x, configuration& values, F f) {
  return std::visit([&](auto get) { return f(get(values)); }, x.member);
}

template <class T>
T from_integer(int64_t x) {
  if constexpr (std::is_same_v<T, std::chrono::milliseconds>)
    return std::chrono::milliseconds{x};
  else
    return static_cast<size_t>(x);
}

bool is_url(const setting& x) {
  return x.key.substr(x.key.size() - 3) == "url";
}

std::string refusal(const setting& x, const std::string& got) {
  auto result = "must be " + expectation(x);
  return is_secret(x) ? result : result + ", got " + got;
}

/// Quotes a refused value.
std::string quote(const setting& x, const json& value) {
  if (is_url(x) && value.is_string())
    return excerpt(mask_url(value.get<std::string>()));
  return excerpt(value);
}

std::string assign_member(const setting& x, std::string& member,
                          const json& value) {
  if (!value.is_string()
      || (value.get_ref<const std::string&>().empty() && !x.may_be_empty))
    return refusal(x, quote(x, value));
  auto& text = value.get_ref<const std::string&>();
  if (!x.choices.empty()
      && std::find(x.choices.begin(), x.choices.end(), text) == x.choices.end())
    return refusal(x, quote(x, value));
  member = text;
  return {};
}

std::string assign_member(const setting& x, secret& member, const json& value) {
  if (!value.is_string())
    return refusal(x, "");
  member = secret{value.get<std::string>()};
  return {};
}

template <class T>
std::string assign_member(const setting& x, T& member, const json& value) {
  if constexpr (is_count<T>) {
    // No setting takes integers beyond 63 bits.
    if (!value.is_number_integer() || value > json(x.max)
        || value < json(x.min))
      return refusal(x, quote(x, value));
    member = from_integer<T>(value.get<int64_t>());
  } else {
    static_assert(is_number<T>);
    if (!value.is_number() || !(value.get<double>() >= double(x.min))
        || !(value.get<double>() <= double(x.max)))
      return refusal(x, quote(x, value));
    member = value.get<double>();
  }
  return {};
}

/// Reads a whole text as a number; returns null if it is none.
template <class T>
json number_from(std::string_view text) {
  T result{};
  auto end = text.data() + text.size();
  auto [ptr, err] = std::from_chars(text.data(), end, result);
  return err == std::errc{} && ptr == end ? json(result) : json(nullptr);
}

} // namespace

const setting* find_setting(std::string_view key) {
  for (auto& x : all_settings())
    if (x.key == key)
      return &x;
  return nullptr;
}

std::string_view section_of(const setting& x) {
  return x.key.substr(0, x.key.find('.'));
}

std::string environment_name(std::string_view key) {
  std::string result = "DSPEX_";
  for (auto c : key) {
    if (c == '.')
      result += "__";
    else
      result += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return result;
}

bool is_secret(const setting& x) {
  return std::holds_alternative<secret& (*)(configuration&)>(x.member);
}

std::string expectation(const setting& x) {
  configuration ignored;
  return visit_member(x, ignored, [&](auto& member) -> std::string {
    using type = std::decay_t<decltype(member)>;
    auto range = " from " + std::to_string(x.min) + " to "
                 + std::to_string(x.max);
    if constexpr (is_count<type>)
      return "an integer" + range;
    else if constexpr (is_number<type>)
      return "a number" + range;
    else if constexpr (std::is_same_v<type, secret>)
      return "text";
    else if (x.choices.empty())
      return x.may_be_empty ? "text" : "text, not empty";
    else
      return "one of " + comma_separated(x.choices);
  });
}

std::string assign(const setting& x, configuration& target, const json& value) {
  return visit_member(
    x, target, [&](auto& member) { return assign_member(x, member, value); });
}

std::string assign_text(const setting& x, configuration& target,
                        std::string_view text) {
  return visit_member(x, target, [&](auto& member) {
    using type = std::decay_t<decltype(member)>;
    json value;
    if constexpr (is_count<type>)
      value = number_from<int64_t>(text);
    else if constexpr (is_number<type>)
      value = number_from<double>(text);
    else
      value = text;
    if (value.is_null())
      return refusal(x, quote(x, text));
    return assign_member(x, member, value);
  });
}

json shown_value(const setting& x, const configuration& values) {
  // The accessors hand out mutable references.
  auto copy = values;
  return visit_member(x, copy, [&](auto& member) -> json {
    using type = std::decay_t<decltype(member)>;
    if constexpr (std::is_same_v<type, secret>)
      return member.empty() ? json(nullptr) : json("set, hidden");
    else if constexpr (std::is_same_v<type, std::chrono::milliseconds>)
      return member.count();
    else if constexpr (std::is_same_v<type, std::string>)
      return is_url(x) ? mask_url(member) : member;
    else if constexpr (std::is_same_v<type,
                                      size_t> || std::is_same_v<type, double>)
      return member;
    else
      return member ? json(*member) : json(nullptr);
  });
}

} // namespace dspex
