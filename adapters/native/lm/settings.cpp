#include "adapters/native/lm/settings.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "adapters/native/lm/wire.hpp"

namespace dspex {

namespace {

constexpr int64_t most_retries = 10;
constexpr double greedy_temperature = 0.15;
constexpr double sampling_temperature = 0.7;
constexpr int64_t most_completions = 128;
constexpr int64_t fewest_reasoning_tokens = 16'000;
constexpr int64_t most_rollouts = 1'000'000'000'000;
constexpr int64_t most_tokens = 10'000'000;
constexpr size_t max_quoted_setting = 80;

enum class shape { text, number, truth, array, object, text_or_object };

struct extra_key {
  std::string_view name;
  shape type;
};

// These settings are sent as they are.
constexpr auto extra_keys
  = std::array{extra_key{"frequency_penalty", shape::number},
               extra_key{"logit_bias", shape::object},
               extra_key{"logprobs", shape::truth},
               extra_key{"parallel_tool_calls", shape::truth},
               extra_key{"presence_penalty", shape::number},
               extra_key{"prompt_cache_key", shape::text},
               extra_key{"reasoning_effort", shape::text},
               extra_key{"response_format", shape::object},
               extra_key{"service_tier", shape::text},
               extra_key{"tool_choice", shape::text_or_object},
               extra_key{"tools", shape::array},
               extra_key{"top_logprobs", shape::number},
               extra_key{"user", shape::text},
               extra_key{"verbosity", shape::text}};

std::string known_keys() {
  auto names = std::vector<std::string>{
    "base_url",    "cache",      "extra_body", "max_completion_tokens",
    "max_retries", "max_tokens", "model",      "n",
    "rollout_id",  "seed",       "stop",       "stream",
    "temperature", "top_p"};
  for (auto& x : extra_keys)
    names.emplace_back(x.name);
  std::sort(names.begin(), names.end());
  auto result = std::string{};
  for (auto& x : names)
    result += (result.empty() ? "" : ", ") + x;
  return result;
}

error bad_option(const std::string& key, const std::string& why) {
  return {errc::invalid_option, "lm." + key + " " + why,
          json::object({{"key", "lm." + key}})};
}

error bad_value(const std::string& key, const std::string& expected,
                const json& got) {
  auto text = dump_json(got);
  if (text.size() > max_quoted_setting)
    text = text.substr(0, max_quoted_setting) + "...";
  return bad_option(key, "must be " + expected + ", got " + text);
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x21 || c == 0x7F; });
}

using status = result<void>;

status read_string(const std::string& key, const json& value,
                   std::string& out) {
  if (!value.is_string() || value.get_ref<const std::string&>().empty())
    return fail(bad_value(key, "a text", value));
  out = value.get<std::string>();
  return {};
}

status read_number(const std::string& key, const json& value, int max,
                   std::optional<double>& out) {
  if (!value.is_number() || !(value.get<double>() >= 0)
      || value.get<double>() > max)
    return fail(
      bad_value(key, "a number from 0 to " + std::to_string(max), value));
  out = value.get<double>();
  return {};
}

result<int64_t> read_integer(const std::string& key, const json& value,
                             int64_t min, int64_t max) {
  auto fits = value.is_number_integer()
              && (!value.is_number_unsigned()
                  || value.get<uint64_t>() <= static_cast<uint64_t>(max))
              && value.get<int64_t>() >= min && value.get<int64_t>() <= max;
  if (!fits)
    return fail(bad_value(key,
                          "an integer from " + std::to_string(min) + " to "
                            + std::to_string(max),
                          value));
  return value.get<int64_t>();
}

status read_stop(const json& value, std::vector<std::string>& out) {
  out.clear();
  if (value.is_string()) {
    out.push_back(value.get<std::string>());
    return {};
  }
  auto texts = value.is_array()
               && std::all_of(value.begin(), value.end(),
                              [](const json& x) { return x.is_string(); });
  if (!texts)
    return fail(bad_value("stop", "a text or a list of texts", value));
  for (auto& x : value)
    out.push_back(x.get<std::string>());
  return {};
}

status read_truth(const std::string& key, const json& value, bool& out) {
  if (!value.is_boolean())
    return fail(bad_value(key, "true or false", value));
  out = value.get<bool>();
  return {};
}

const char* expected(shape x) {
  switch (x) {
    case shape::text:
      return "a text";
    case shape::number:
      return "a number";
    case shape::truth:
      return "true or false";
    case shape::array:
      return "an array";
    case shape::object:
      return "an object";
    case shape::text_or_object:
      break;
  }
  return "a text or an object";
}

bool has_shape(const json& value, shape x) {
  switch (x) {
    case shape::text:
      return value.is_string();
    case shape::number:
      return value.is_number();
    case shape::truth:
      return value.is_boolean();
    case shape::array:
      return value.is_array();
    case shape::object:
      return value.is_object();
    case shape::text_or_object:
      break;
  }
  return value.is_string() || value.is_object();
}

status read_extra_body(const json& value, json& out) {
  if (!value.is_object())
    return fail(bad_value("extra_body", "an object", value));
  for (auto name : {"messages", "model", "stream", "stream_options"})
    if (value.contains(name))
      return fail(
        bad_option("extra_body", std::string{"must not hold "} + name));
  out = value;
  return {};
}

status read_extra(const std::string& key, const json& value, json& out) {
  auto i = std::find_if(extra_keys.begin(), extra_keys.end(),
                        [&](auto& x) { return x.name == key; });
  if (i == extra_keys.end())
    return fail(bad_option(key, "is unknown; known are " + known_keys()));
  if (!has_shape(value, i->type))
    return fail(bad_value(key, expected(i->type), value));
  out[key] = value;
  return {};
}

status read_key(const std::string& key, const json& value, lm_options& out) {
  // As in DSPy, null leaves a setting to the server.
  if (value.is_null())
    return {};
  if (key == "model")
    return read_string(key, value, out.model);
  if (key == "base_url")
    return read_string(key, value, out.base_url);
  if (key == "temperature")
    return read_number(key, value, 2, out.temperature);
  if (key == "top_p")
    return read_number(key, value, 1, out.top_p);
  if (key == "stop")
    return read_stop(value, out.stop);
  if (key == "max_tokens" || key == "max_completion_tokens")
    return read_integer(key, value, 1, most_tokens).map([&](int64_t x) {
      out.max_tokens = x;
    });
  if (key == "seed")
    return read_integer(key, value, INT64_MIN, INT64_MAX).map([&](int64_t x) {
      out.seed = x;
    });
  if (key == "max_retries")
    return read_integer(key, value, 0, most_retries).map([&](int64_t x) {
      out.max_retries = static_cast<int32_t>(x);
    });
  if (key == "n")
    return read_integer(key, value, 1, most_completions).map([&](int64_t x) {
      out.n = x;
    });
  if (key == "rollout_id")
    return read_integer(key, value, 0, most_rollouts).map([&](int64_t x) {
      out.rollout_id = x;
    });
  if (key == "stream")
    return read_truth(key, value, out.stream);
  if (key == "cache")
    return read_truth(key, value, out.cache);
  if (key == "extra_body")
    return read_extra_body(value, out.extra_body);
  if (key == "api_key")
    return fail(bad_option(key, "does not belong in a program, it would be "
                                "stored with it: set "
                                  + std::string{api_key_variable}));
  return read_extra(key, value, out.extra);
}

// Refuses what could carry a secret into an error message, or curl elsewhere.
status check_url(const std::string& url) {
  auto scheme = std::string_view{url}.starts_with("https://")  ? 8U
                : std::string_view{url}.starts_with("http://") ? 7U
                                                               : 0U;
  if (scheme == 0)
    return fail(bad_option("base_url", "must start with http:// or https://"));
  auto rest = std::string_view{url}.substr(scheme);
  auto host = rest.substr(0, rest.find('/'));
  if (host.find('@') != std::string_view::npos)
    return fail(bad_option("base_url", "must not hold a user or password: set "
                                         + std::string{api_key_variable}));
  if (host.empty() || has_control_character(url)
      || url.find_first_of("?#") != std::string::npos)
    return fail(bad_option("base_url", "must be a URL without query, like "
                                       "https://api.openai.com/v1"));
  return {};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes `prefix` off the front of a text that has it.
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix))
    return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Takes `-2024-12-17` off the front of a text that has it.
void take_date(std::string_view& text) {
  constexpr auto form = std::string_view{"-0000-00-00"};
  auto fits = text.size() >= form.size();
  for (size_t i = 0; fits && i < form.size(); ++i)
    fits = form[i] == '0' ? is_digit(text[i]) : text[i] == form[i];
  if (fits)
    text.remove_prefix(form.size());
}

status check_reasoning(const lm_options& x) {
  if (x.temperature && *x.temperature != 0 && *x.temperature != 1)
    return fail(bad_option("temperature", "must be 1 or unset for the "
                                          "reasoning model "
                                            + x.model));
  if (x.max_tokens && *x.max_tokens < fewest_reasoning_tokens)
    return fail(bad_option("max_tokens", "must be at least 16000 or unset for "
                                         "the reasoning model "
                                           + x.model
                                           + ", which thinks in tokens, too"));
  return {};
}

status check_settings(const lm_options& x) {
  if (x.model.empty())
    return fail(bad_option("model", "is not set: say which model to ask"));
  if (has_control_character(x.api_key))
    return fail(bad_option("api_key", "(" + std::string{api_key_variable}
                                        + ") holds white space or a control "
                                          "character"));
  if (is_reasoning_model(x.model))
    if (auto ok = check_reasoning(x); !ok)
      return ok;
  return check_url(x.base_url);
}

} // namespace

bool is_reasoning_model(std::string_view model) {
  auto name = std::string{model.substr(model.rfind('/') + 1)};
  for (auto& c : name)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  auto rest = std::string_view{name};
  if (take(rest, "gpt-5"))
    return rest.empty() || (rest[0] == '-' && !rest.starts_with("-chat"));
  if (!take(rest, "o1") && !take(rest, "o3") && !take(rest, "o4")
      && !take(rest, "o5"))
    return false;
  [[maybe_unused]] auto sized = take(rest, "-mini") || take(rest, "-nano")
                                || take(rest, "-pro");
  take_date(rest);
  return rest.empty();
}

result<lm_options> merge_lm_settings(const lm_options& defaults,
                                     const json& configuration) {
  auto merged = defaults;
  if (!configuration.is_object())
    return fail(errc::invalid_option, "The configuration must be an object");
  auto lm = configuration.find("lm");
  if (lm != configuration.end() && !lm->is_null()) {
    if (!lm->is_object())
      return fail(errc::invalid_option, "lm must be an object",
                  json::object({{"key", "lm"}}));
    for (auto& [key, value] : lm->items())
      if (auto ok = read_key(key, value, merged); !ok)
        return fail(std::move(ok.error()));
  }
  while (merged.base_url.ends_with('/'))
    merged.base_url.pop_back();
  auto own_url = std::string_view{defaults.base_url};
  while (own_url.ends_with('/'))
    own_url.remove_suffix(1);
  if (merged.base_url != own_url)
    merged.api_key.clear();
  if (auto ok = check_settings(merged); !ok)
    return fail(std::move(ok.error()));
  if (merged.n > 1 && !is_reasoning_model(merged.model)
      && merged.temperature.value_or(0) <= greedy_temperature)
    merged.temperature = sampling_temperature;
  return merged;
}

} // namespace dspex
