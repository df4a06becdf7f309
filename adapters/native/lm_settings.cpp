#include "adapters/native/lm_settings.hpp"

#include <algorithm>
#include <cmath>

namespace dspex {

namespace {

constexpr auto known_keys
  = "base_url, max_retries, max_tokens, model, seed, stop, temperature, top_p";
constexpr int64_t most_retries = 10;
constexpr int64_t most_tokens = 10'000'000;
constexpr size_t max_quoted = 80;
constexpr size_t shortest_secret = 8;

error bad_option(const std::string& key, const std::string& why) {
  return {errc::invalid_option, "lm." + key + " " + why,
          json::object({{"key", "lm." + key}})};
}

error bad_value(const std::string& key, const std::string& expected,
                const json& got) {
  auto text = dump_json(got);
  if (text.size() > max_quoted)
    text = text.substr(0, max_quoted) + "...";
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

status read_key(const std::string& key, const json& value, lm_options& out) {
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
  if (key == "max_tokens")
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
  if (key == "api_key")
    return fail(bad_option(key, "does not belong in a program, it would be "
                                "stored with it: set OPENAI_API_KEY"));
  return fail(
    bad_option(key, std::string{"is unknown; known are "} + known_keys));
}

// Nothing that could carry a secret into an error message, or curl elsewhere.
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
                                       "OPENAI_API_KEY"));
  if (host.empty() || has_control_character(url)
      || url.find_first_of("?#") != std::string::npos)
    return fail(bad_option("base_url", "must be a URL without query, like "
                                       "https://api.openai.com/v1"));
  return {};
}

status check_settings(const lm_options& x) {
  if (x.model.empty())
    return fail(bad_option("model", "is not set: say which model to ask"));
  if (has_control_character(x.api_key))
    return fail(bad_option("api_key", "(OPENAI_API_KEY) holds white space or a "
                                      "control character"));
  return check_url(x.base_url);
}

} // namespace

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
  return merged;
}

std::string mask_secret(std::string text, std::string_view secret) {
  if (secret.size() < shortest_secret)
    return text;
  for (auto pos = text.find(secret); pos != std::string::npos;
       pos = text.find(secret, pos + 3))
    text.replace(pos, secret.size(), "***");
  return text;
}

void mask_secret(json& value, std::string_view secret) {
  if (value.is_string()) {
    auto& text = value.get_ref<std::string&>();
    text = mask_secret(std::move(text), secret);
  } else if (value.is_array()) {
    for (auto& x : value)
      mask_secret(x, secret);
  } else if (value.is_object()) {
    auto masked = json::object();
    for (auto& [name, x] : value.items()) {
      mask_secret(x, secret);
      masked[mask_secret(name, secret)] = std::move(x);
    }
    value = std::move(masked);
  }
}

} // namespace dspex
