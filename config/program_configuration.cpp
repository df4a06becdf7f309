#include "config/program_configuration.hpp"

#include <optional>
#include <utility>

#include "config/execute_options.hpp"
#include "config/option_reader.hpp"
#include "core/secrets.hpp"
#include "dspex/config.hpp"

namespace dspex {

namespace {

constexpr int64_t longest_ms = 3'600'000;

constexpr size_t longest_key = 255;

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

bool is_url_with_secret(const std::string& text) {
  return text.find("://") != std::string::npos
         && text.find_first_of(" \t\r\n") == std::string::npos
         && mask_url(text) != text;
}

/// Finds the first secret in a value, which would end up in the store.
/// @returns what it is, or an empty text.
std::string find_secret(const json& value) {
  if (value.is_string() && is_url_with_secret(value.get<std::string>()))
    return "a URL with a password or key";
  if (!value.is_structured())
    return {};
  for (auto& [key, inner] : value.items()) {
    // A tool may well have an argument `password`, which is an object that
    // tells the argument's type.
    auto is_value = inner.is_string() || inner.is_number() || inner.is_array();
    if (value.is_object()
        && (key == "api_key" || (names_secret(key) && is_value)))
      return "a secret (" + key + ")";
    if (auto found = find_secret(inner); !found.empty())
      return found;
  }
  return {};
}

void read_backend(option_reader& reader, std::string_view key,
                  bool (*fits)(const json&), std::string_view expected,
                  json& backend) {
  auto* x = reader.member(key);
  if (x == nullptr)
    return;
  if (auto secret = find_secret(*x); !secret.empty())
    reader.complain(key, "must not hold " + secret
                           + ": records keep no secrets, set lm.api_key or "
                             "OPENAI_API_KEY instead");
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
  // Most runs have no options; C++ makes null of `{}`.
  if (value.is_null() || (value.is_object() && value.empty()))
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
  if (auto* x = reader.member("idempotency_key")) {
    if (x->is_string())
      result.idempotency_key = x->get<std::string>();
    if (!result.idempotency_key || result.idempotency_key->empty()
        || result.idempotency_key->size() > longest_key)
      reader.complain("idempotency_key",
                      "must be a text of 1 to 255 bytes, got " + excerpt(*x));
  }
  reader.finish();
  if (!problems.empty())
    return fail(to_error(problems, "Invalid options: ", "; "));
  return result;
}

} // namespace dspex
