#include <limits>
#include <type_traits>
#include <utility>

#include "core/columns.hpp"

namespace dspex {

namespace {

// Each `read` returns nothing, or what it expected.
using complaint = const char*;

complaint read(const json& in, std::string& out) {
  if (!in.is_string())
    return "a string";
  out = in.get_ref<const std::string&>();
  return nullptr;
}

complaint read(const json& in, bool& out) {
  if (!in.is_boolean())
    return "true or false";
  out = in.get<bool>();
  return nullptr;
}

complaint read(const json& in, double& out) {
  if (!in.is_number())
    return "a number";
  out = in.get<double>();
  return nullptr;
}

template <class T>
  requires std::is_integral_v<T> complaint read(const json& in, T& out) {
    constexpr auto expected = std::is_signed_v<T> ? "an integer in range"
                                                  : "a non-negative integer";
    if (in.is_number_unsigned()) {
      auto x = in.get<uint64_t>();
      if (x > static_cast<uint64_t>(std::numeric_limits<T>::max()))
        return expected;
      out = static_cast<T>(x);
      return nullptr;
    }
    if (!in.is_number_integer())
      return expected;
    auto x = in.get<int64_t>();
    if (!std::in_range<T>(x))
      return expected;
    out = static_cast<T>(x);
    return nullptr;
  }

complaint read(const json& in, timestamp& out) {
  auto x = in.is_string()
             ? timestamp_from_string(in.get_ref<const std::string&>())
             : std::nullopt;
  if (!x)
    return "a time like 2026-01-31T12:00:00.123456Z";
  out = *x;
  return nullptr;
}

template <class Tag>
complaint read(const json& in, strong_id<Tag>& out) {
  auto x = in.is_string()
             ? strong_id<Tag>::parse(in.get_ref<const std::string&>())
             : std::nullopt;
  if (!x)
    return "a uuid";
  out = *x;
  return nullptr;
}

template <lifecycle_status T>
complaint read(const json& in, T& out) {
  auto x = in.is_string()
             ? status_from_string<T>(in.get_ref<const std::string&>())
             : std::nullopt;
  if (!x)
    return "a known status";
  out = *x;
  return nullptr;
}

template <class T>
complaint read(const json& in, std::optional<T>& out) {
  if (in.is_null()) {
    out = std::nullopt;
    return nullptr;
  }
  return read(in, out.emplace());
}

complaint read(const json& in, errc& out) {
  if (in.is_null()) {
    out = errc::none;
    return nullptr;
  }
  out = in.is_string() ? errc_from_string(in.get_ref<const std::string&>())
                       : errc::none;
  return out == errc::none ? "null or a known error code" : nullptr;
}

complaint read(const json& in, document& out) {
  out = document{in};
  return nullptr;
}

complaint read(const json& in, signature_summary& out);

template <class T>
complaint read_as(attribute_form form, const json& in, T& out) {
  if (form == attribute_form::array && !in.is_array())
    return "an array";
  if (form == attribute_form::object && !in.is_object())
    return "an object";
  if (form == attribute_form::null_if_empty && in.is_null()) {
    out = T{};
    return nullptr;
  }
  return read(in, out);
}

// Takes the members of an object one by one; remembers the first problem.
class object_reader {
public:
  object_reader(const json& in, std::string_view what) : in_(in) {
    if (!in.is_object())
      error_ = error{errc::invalid_input,
                     "A " + std::string{what} + " must be an object"};
  }

  // Reads one member unless something went wrong before.
  template <class T>
  void get(const char* name, attribute_form form, T& out) {
    if (error_)
      return;
    auto i = in_.find(name);
    if (i == in_.end())
      refuse(name, "Missing field: " + std::string{name});
    else if (auto expected = read_as(form, *i, out))
      refuse(name, "Field " + std::string{name} + ": must be " + expected);
  }

  // Returns the first problem.
  [[nodiscard]] std::optional<error>& problem() {
    return error_;
  }

private:
  void refuse(const char* name, std::string message) {
    auto details = json::object();
    details["field"] = name;
    error_ = error{errc::invalid_input, std::move(message), std::move(details)};
  }

  const json& in_;
  std::optional<error> error_;
};

template <class T>
std::optional<error>
read_object(const json& in, std::string_view what, T& out) {
  auto reader = object_reader{in, what};
  for_each_attribute(out, [&reader](auto attribute, auto&& value) {
    if constexpr (!std::is_same_v<decltype(attribute), derived>)
      reader.get(attribute.name, attribute.form, value);
  });
  return std::move(reader.problem());
}

complaint read(const json& in, signature_summary& out) {
  return read_object(in, "signature", out)
           ? "an object with id, module, version and status"
           : nullptr;
}

template <class T>
result<T> read_record(const json& in, std::string_view what) {
  auto out = T{};
  if (auto problem = read_object(in, what, out))
    return fail(std::move(*problem));
  return out;
}

} // namespace

result<signature_record> signature_record_from_json(const json& x) {
  return read_record<signature_record>(x, "signature");
}

result<program_record> program_record_from_json(const json& x) {
  return read_record<program_record>(x, "program");
}

result<execution_record> execution_record_from_json(const json& x) {
  return read_record<execution_record>(x, "execution");
}

result<program_statistics> program_statistics_from_json(const json& x) {
  return read_record<program_statistics>(x, "statistics record");
}

} // namespace dspex
