#include "dspex/records.hpp"

#include <array>
#include <type_traits>

#include "core/columns.hpp"

namespace dspex {

// -- status words -------------------------------------------------------------

namespace {

constexpr auto signature_words
  = std::array<std::string_view, 3>{"draft", "active", "deprecated"};
constexpr auto program_words = std::array<std::string_view, 5>{
  "draft", "initializing", "ready", "error", "archived"};
constexpr auto execution_words = std::array<std::string_view, 4>{
  "pending", "running", "completed", "failed"};

template <class Enum, size_t N>
std::optional<Enum> find_word(const std::array<std::string_view, N>& words,
                              std::string_view word) noexcept {
  for (size_t i = 0; i < N; ++i)
    if (words[i] == word)
      return static_cast<Enum>(i);
  return std::nullopt;
}

} // namespace

std::string_view to_string(signature_status x) noexcept {
  return signature_words[static_cast<size_t>(x)];
}

std::string_view to_string(program_status x) noexcept {
  return program_words[static_cast<size_t>(x)];
}

std::string_view to_string(execution_status x) noexcept {
  return execution_words[static_cast<size_t>(x)];
}

std::optional<signature_status>
signature_status_from_string(std::string_view word) noexcept {
  return find_word<signature_status>(signature_words, word);
}

std::optional<program_status>
program_status_from_string(std::string_view word) noexcept {
  return find_word<program_status>(program_words, word);
}

std::optional<execution_status>
execution_status_from_string(std::string_view word) noexcept {
  return find_word<execution_status>(execution_words, word);
}

// -- printing -----------------------------------------------------------------

namespace {

template <class T>
json shown(const T& x) {
  if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>)
    return x;
  else
    return to_string(x);
}

json shown(const document& x) {
  return *x;
}

json shown(errc x) {
  return x == errc::none ? json(nullptr) : json(to_string(x));
}

template <class T>
json shown(const std::optional<T>& x) {
  return x ? shown(*x) : json(nullptr);
}

template <class T>
json shown_object(const T& x);

json shown(const signature_summary& x) {
  return shown_object(x);
}

template <class T>
bool is_empty(const T& x) {
  if constexpr (std::is_same_v<T, std::string>)
    return x.empty();
  else if constexpr (std::is_same_v<T, node_id>)
    return x.is_nil();
  else
    return false;
}

template <class T>
json shown_object(const T& x) {
  auto out = json::object();
  for_each_attribute(x, [&out](auto what, const auto& value) {
    auto hidden = what.form == attribute_form::null_if_empty && is_empty(value);
    out[what.name] = hidden ? json(nullptr) : shown(value);
  });
  return out;
}

} // namespace

json to_json(const signature_record& x) {
  return shown_object(x);
}

json to_json(const program_record& x) {
  return shown_object(x);
}

json to_json(const execution_record& x) {
  return shown_object(x);
}

json to_json(const program_statistics& x) {
  return shown_object(x);
}

json to_json(const program_stats& x) {
  return shown_object(x);
}

} // namespace dspex
