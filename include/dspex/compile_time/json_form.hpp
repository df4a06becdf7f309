#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "dspex/json.hpp"

namespace dspex::compile_time {

/// Turns JSON that fits a type of the language into the C++ type for it, and
/// back.
template <class T>
struct json_form {
  static T read(const json& value) {
    return value.get<T>();
  }

  static json write(const T& value) {
    return json(value);
  }
};

template <>
struct json_form<json> {
  static json read(const json& value) {
    return value;
  }

  static json write(const json& value) {
    return value;
  }
};

template <class T>
struct json_form<std::optional<T>> {
  static std::optional<T> read(const json& value) {
    if (value.is_null())
      return std::nullopt;
    return json_form<T>::read(value);
  }

  static json write(const std::optional<T>& value) {
    return value ? json_form<T>::write(*value) : json(nullptr);
  }
};

template <class T>
struct json_form<std::vector<T>> {
  static std::vector<T> read(const json& value) {
    std::vector<T> result;
    result.reserve(value.size());
    for (const auto& item : value)
      result.push_back(json_form<T>::read(item));
    return result;
  }

  static json write(const std::vector<T>& value) {
    auto result = json::array();
    for (const T& item : value)
      result.push_back(json_form<T>::write(item));
    return result;
  }
};

template <class T>
struct json_form<std::map<std::string, T>> {
  static std::map<std::string, T> read(const json& value) {
    std::map<std::string, T> result;
    for (const auto& [key, item] : value.items())
      result.emplace(key, json_form<T>::read(item));
    return result;
  }

  static json write(const std::map<std::string, T>& value) {
    auto result = json::object();
    for (const auto& [key, item] : value)
      result[key] = json_form<T>::write(item);
    return result;
  }
};

/// A dict with integer keys: the names of its members are the integers in
/// decimal digits.
template <class T>
struct json_form<std::map<int64_t, T>> {
  static std::map<int64_t, T> read(const json& value) {
    std::map<int64_t, T> result;
    for (const auto& [key, item] : value.items()) {
      int64_t number = 0;
      std::from_chars(key.data(), key.data() + key.size(), number);
      result.emplace(number, json_form<T>::read(item));
    }
    return result;
  }

  static json write(const std::map<int64_t, T>& value) {
    auto result = json::object();
    for (const auto& [key, item] : value)
      result[std::to_string(key)] = json_form<T>::write(item);
    return result;
  }
};

template <class... Ts>
struct json_form<std::tuple<Ts...>> {
  static std::tuple<Ts...> read(const json& value) {
    return read(value, std::index_sequence_for<Ts...>{});
  }

  static json write(const std::tuple<Ts...>& value) {
    auto result = json::array();
    std::apply(
      [&result](const Ts&... items) {
        (result.push_back(json_form<Ts>::write(items)), ...);
      },
      value);
    return result;
  }

private:
  template <size_t... Is>
  static std::tuple<Ts...> read(const json& value, std::index_sequence<Is...>) {
    return {json_form<Ts>::read(value[Is])...};
  }
};

} // namespace dspex::compile_time
