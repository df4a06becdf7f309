#include <limits>
#include <type_traits>
#include <utility>

#include "dspex/records.hpp"

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

template <class T>
complaint read_word(const json& in, T& out,
                    std::optional<T> (*find)(std::string_view) noexcept) {
  auto x = in.is_string() ? find(in.get_ref<const std::string&>())
                          : std::nullopt;
  if (!x)
    return "a known status";
  out = *x;
  return nullptr;
}

complaint read(const json& in, signature_status& out) {
  return read_word(in, out, &signature_status_from_string);
}

complaint read(const json& in, program_status& out) {
  return read_word(in, out, &program_status_from_string);
}

complaint read(const json& in, execution_status& out) {
  return read_word(in, out, &execution_status_from_string);
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

// Takes the members of an object one by one; remembers the first problem.
class object_reader {
public:
  object_reader(const json& in, std::string_view what) : in_(in) {
    if (!in.is_object())
      error_ = error{errc::invalid_input,
                     "A " + std::string{what} + " must be an object"};
  }

  // Calls `f` with the member unless something went wrong before.
  template <class F>
  object_reader& with(const char* name, F f) {
    if (error_)
      return *this;
    auto i = in_.find(name);
    if (i == in_.end()) {
      refuse(name, "Missing field: " + std::string{name});
    } else if (auto expected = f(*i)) {
      refuse(name, "Field " + std::string{name} + ": must be " + expected);
    }
    return *this;
  }

  template <class T>
  object_reader& get(const char* name, T& out) {
    return with(name, [&](const json& x) { return read(x, out); });
  }

  object_reader& get_array(const char* name, document& out) {
    return with(name, [&](const json& x) -> complaint {
      if (!x.is_array())
        return "an array";
      out = document{x};
      return nullptr;
    });
  }

  object_reader& get_object(const char* name, document& out) {
    return with(name, [&](const json& x) -> complaint {
      if (!x.is_object())
        return "an object";
      out = document{x};
      return nullptr;
    });
  }

  object_reader& get_any(const char* name, document& out) {
    return with(name, [&](const json& x) -> complaint {
      out = document{x};
      return nullptr;
    });
  }

  // Null stands for the default: empty text, nil id.
  template <class T>
  object_reader& get_or_default(const char* name, T& out) {
    return with(name, [&](const json& x) -> complaint {
      if (x.is_null()) {
        out = T{};
        return nullptr;
      }
      return read(x, out);
    });
  }

  [[nodiscard]] bool failed() const {
    return error_.has_value();
  }

  // Moves the value out, or returns the problem.
  template <class T>
  result<T> finish(T& value) {
    if (error_)
      return fail(std::move(*error_));
    return std::move(value);
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

} // namespace

result<signature_record> signature_record_from_json(const json& x) {
  auto out = signature_record{};
  return object_reader{x, "signature"}
    .get("id", out.id)
    .get("name", out.name)
    .get("module", out.module)
    .get_array("inputs", out.inputs)
    .get_array("outputs", out.outputs)
    .get("instructions", out.instructions)
    .get("description", out.description)
    .get("version", out.version)
    .get("content_hash", out.content_hash)
    .get("status", out.status)
    .get("inserted_at", out.inserted_at)
    .get("updated_at", out.updated_at)
    .finish(out);
}

namespace {

complaint read(const json& in, signature_summary& out) {
  auto reader = object_reader{in, "signature"};
  reader.get("id", out.id)
    .get("module", out.module)
    .get("version", out.version)
    .get("status", out.status);
  return reader.failed() ? "an object with id, module, version and status"
                         : nullptr;
}

} // namespace

result<program_record> program_record_from_json(const json& x) {
  auto out = program_record{};
  return object_reader{x, "program"}
    .get("id", out.id)
    .get("name", out.name)
    .with("signature", [&](const json& in) { return read(in, out.signature); })
    .get("adapter_type", out.adapter_type)
    .get("status", out.status)
    .get_object("configuration", out.configuration)
    .get_or_default("backend_program_id", out.backend_program_id)
    .get("completed_count", out.completed_count)
    .get("failed_count", out.failed_count)
    .get("pruned_completed", out.pruned_completed)
    .get("pruned_failed", out.pruned_failed)
    .get("duration_us_sum", out.duration_us_sum)
    .get("last_executed_at", out.last_executed_at)
    .get_or_default("error_message", out.error_message)
    .get("error_code", out.error_code)
    .get("ephemeral", out.ephemeral)
    .get("owner_node", out.owner_node)
    .get("generation", out.generation)
    .get("inserted_at", out.inserted_at)
    .get("updated_at", out.updated_at)
    .finish(out);
}

result<execution_record> execution_record_from_json(const json& x) {
  auto out = execution_record{};
  return object_reader{x, "execution"}
    .get("id", out.id)
    .get("program_id", out.program_id)
    .get_any("inputs", out.inputs)
    .get_any("outputs", out.outputs)
    .get("status", out.status)
    .get("duration_us", out.duration_us)
    .get("error_code", out.error_code)
    .get_or_default("error_message", out.error_message)
    .get("attempt", out.attempt)
    .get("executed_at", out.executed_at)
    .get("started_at", out.started_at)
    .get("finished_at", out.finished_at)
    .get_object("metadata", out.metadata)
    .get_or_default("node", out.node)
    .get("inserted_at", out.inserted_at)
    .get("updated_at", out.updated_at)
    .finish(out);
}

result<program_statistics> program_statistics_from_json(const json& x) {
  auto out = program_statistics{};
  return object_reader{x, "statistics record"}
    .get("total_executions", out.total_executions)
    .get("successful_executions", out.successful_executions)
    .get("failed_executions", out.failed_executions)
    .get("success_rate", out.success_rate)
    .get("average_duration_ms", out.average_duration_ms)
    .get("p50_ms", out.p50_ms)
    .get("p95_ms", out.p95_ms)
    .get("p99_ms", out.p99_ms)
    .get("in_progress", out.in_progress)
    .finish(out);
}

} // namespace dspex
