#include <algorithm>
#include <future>
#include <utility>

#include "adapters/native/http/client.hpp"
#include "adapters/native/lm/wire.hpp"
#include "runtime/backends.hpp"
#include "runtime/doctor/parts.hpp"

namespace dspex {

namespace {

// A list of models is small; a server that sends more is no model server.
constexpr size_t max_list_bytes = 10'000'000;

result<http_response> ask_for_models(const lm_options& settings,
                                     std::chrono::milliseconds timeout) {
  auto request = model_list_request(settings);
  request.deadline = std::chrono::steady_clock::now() + timeout;
  auto answer = std::promise<result<http_response>>{};
  auto client = http_client{{.max_response_bytes = max_list_bytes}};
  client.send({uuid::make()}, std::move(request),
              [&answer](result<http_response> response)
                -> std::optional<http_client::time_point> {
                answer.set_value(std::move(response));
                return std::nullopt;
              });
  return answer.get_future().get();
}

finding judge(const http_response& response, const lm_options& settings,
              health severity) {
  auto server = settings.base_url;
  auto status = response.status;
  if (status == 200) {
    auto models = read_model_list(response.body);
    auto name = wire_model(settings.model);
    auto message = server + " answers"
                   + (settings.api_key.empty() ? " without a key"
                                               : " and accepts the key");
    if (models.empty()
        || std::find(models.begin(), models.end(), name) != models.end())
      return {"model", health::ok, std::move(message), ""};
    return {"model", health::warning,
            message + ", but does not list the model " + name,
            "Compare lm.model with what the server has; some serve more than "
            "they list."};
  }
  if (status == 404 || status == 405)
    return {"model", health::warning,
            server + " answers, but has no list of models to try the key on",
            "Check that lm.base_url (OPENAI_BASE_URL) is the root of the API, "
            "like https://api.openai.com/v1."};
  auto err = status_error(response, settings);
  auto advice = std::string{"Try again later, or look at the server."};
  if (status == 401 || status == 403)
    advice = "Set " + std::string{api_key_variable}
             + (settings.api_key.empty()
                  ? ": the server wants a key."
                  : " to a key that the server accepts.");
  else if (status < 429)
    advice = "Check that lm.base_url (OPENAI_BASE_URL) is the root of the API, "
             "like https://api.openai.com/v1.";
  return {"model", status == 429 ? health::warning : severity,
          std::move(err.message), std::move(advice)};
}

} // namespace

void examine_model(findings& out, const lm_settings& settings,
                   const std::string& base_url, health severity,
                   const doctor_options& options) {
  auto merged = merge_lm_settings(default_model(settings, base_url),
                                  json::object());
  if (!merged) {
    out.push_back({"model", severity, merged.error().message,
                   "Correct it in the section [lm]."});
    return;
  }
  auto response = ask_for_models(*merged, options.model_timeout);
  if (!response)
    out.push_back(
      {"model", severity,
       merged->base_url + " cannot be asked: " + response.error().message,
       "Check lm.base_url (OPENAI_BASE_URL), the network and the "
       "proxy; `--config-set lm.base_url=sim:` tries everything "
       "else with a simulated model."});
  else if (settings.base_url == "sim:")
    out.push_back({"model", health::info,
                   "sim:, a simulated model whose answers are made up", ""});
  else
    out.push_back(judge(*response, *merged, severity));
}

} // namespace dspex
