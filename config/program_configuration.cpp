#include "config/program_configuration.hpp"

#include <optional>
#include <utility>

#include "config/execute_options.hpp"
#include "config/option_reader.hpp"

namespace dspex {

namespace {

constexpr int64_t longest_ms = 3'600'000;

std::optional<durability> read_durability(option_reader& reader) {
  auto* x = reader.member("durability");
  if (x == nullptr)
    return std::nullopt;
  if (*x == json("sync"))
    return durability::sync;
  if (*x == json("async"))
    return durability::async;
  reader.complain("durability",
                  R"(must be "sync" or "async", got )" + excerpt(*x));
  return std::nullopt;
}

/// Looks for keys of a model's server anywhere in a value: they would end up in
/// the store.
bool holds_api_key(const json& value) {
  if (!value.is_structured())
    return false;
  for (auto& [key, inner] : value.items())
    if ((value.is_object() && key == "api_key") || holds_api_key(inner))
      return true;
  return false;
}

void read_backend(option_reader& reader, std::string_view key,
                  bool (*fits)(const json&), std::string_view expected,
                  json& backend) {
  auto* x = reader.member(key);
  if (x == nullptr)
    return;
  if (holds_api_key(*x))
    reader.complain(key, "must not hold an api_key: records keep no secrets, "
                         "set lm.api_key or OPENAI_API_KEY instead");
  else if (!fits(*x))
    reader.complain(key, "must be " + std::string{expected} + ", got "
                           + excerpt(*x));
  else
    backend[std::string{key}] = *x;
}

} // namespace

std::string_view to_string(durability x) noexcept {
  return x == durability::sync ? "sync" : "async";
}

program_configuration
read_program_configuration(const json& value,
                           std::vector<option_problem>& problems) {
  program_configuration result;
  option_reader reader{value, "", problems};
  read_backend(
    reader, "modules",
    [](const json& x) { return x.is_string() || x.is_structured(); },
    "text, an array or an object", result.backend);
  read_backend(
    reader, "lm", [](const json& x) { return x.is_object(); }, "an object",
    result.backend);
  read_backend(
    reader, "tools", [](const json& x) { return x.is_array(); }, "an array",
    result.backend);
  if (auto x = read_durability(reader))
    result.durability = *x;
  reader.read("timeout_ms", 1, longest_ms, result.timeout);
  reader.read("max_concurrency", 1, 100'000, result.max_concurrency);
  reader.read("max_queue", 0, 1'000'000, result.max_queue);
  if (auto* x = reader.member("retry")) {
    option_reader retry{*x, "retry", problems};
    retry.read("max_attempts", 1, 10, result.retry_max_attempts);
    retry.finish();
  }
  reader.read("init_timeout_ms", 1, longest_ms, result.init_timeout);
  reader.read("drain_timeout_ms", 0, longest_ms, result.drain_timeout);
  reader.finish();
  return result;
}

result<program_configuration> parse_program_configuration(const json& value) {
  std::vector<option_problem> problems;
  auto result = read_program_configuration(value, problems);
  if (!problems.empty())
    return fail(to_error(problems, "Invalid program configuration: ", "; "));
  return result;
}

result<execute_options> parse_execute_options(const json& value) {
  // Most runs have none.
  if (value.is_object() && value.empty())
    return execute_options{};
  std::vector<option_problem> problems;
  execute_options result;
  option_reader reader{value, "", problems};
  std::chrono::milliseconds timeout{0};
  reader.read("timeout_ms", 1, longest_ms, timeout);
  if (timeout.count() != 0)
    result.timeout = timeout;
  result.durability = read_durability(reader);
  if (auto* x = reader.member("metadata")) {
    if (x->is_object())
      result.metadata = *x;
    else
      reader.complain("metadata", "must be an object, got " + excerpt(*x));
  }
  if (auto* x = reader.member("execution_id")) {
    if (x->is_string())
      result.id = execution_id::parse(x->get_ref<const std::string&>());
    if (!result.id || result.id->is_nil()) {
      result.id = std::nullopt;
      reader.complain("execution_id", "must be a UUID, got " + excerpt(*x));
    }
  }
  reader.finish();
  if (!problems.empty())
    return fail(to_error(problems, "Invalid options: ", "; "));
  return result;
}

} // namespace dspex
