#include "adapters/native/lm/wire.hpp"

#include "core/secrets.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"

namespace dspex {

namespace {

// How much of a server's words an error quotes.
constexpr size_t max_quoted_body = 300;

// A member of an object, or null.
const json& member(const json& value, const char* name) {
  static const auto null = json(nullptr);
  if (!value.is_object())
    return null;
  auto i = value.find(name);
  return i != value.end() ? *i : null;
}

error not_a_completion(const std::string& why) {
  return {errc::backend_failed,
          "The model server's response is not a chat completion: " + why};
}

json read_usage(const json& body, const json& choice) {
  auto result = json::object();
  if (auto& model = member(body, "model"); model.is_string())
    result["model"] = shorten(model.get_ref<const std::string&>(),
                              max_quoted_body);
  auto& usage = member(body, "usage");
  for (auto name : {"prompt_tokens", "completion_tokens", "total_tokens"})
    if (auto& count = member(usage, name); count.is_number_integer())
      result[name] = count;
  auto& reason = member(choice, "finish_reason");
  if (reason.is_string() && reason != "stop")
    result["finish_reason"] = shorten(reason.get_ref<const std::string&>(),
                                      max_quoted_body);
  return result;
}

// What a message wants called; what is no call of a function is left out.
json read_tool_calls(const json& message) {
  auto result = json::array();
  auto& calls = member(message, "tool_calls");
  if (!calls.is_array())
    return result;
  for (auto& x : calls) {
    auto& function = member(x, "function");
    if (member(function, "name").is_string())
      result.push_back(
        json::object({{"name", function["name"]},
                      {"arguments", member(function, "arguments")}}));
  }
  return result;
}

// The texts of all choices; null for one without text.
json read_texts(const json& choices) {
  auto result = json::array();
  for (auto& x : choices)
    result.push_back(member(member(x, "message"), "content"));
  return result;
}

// The server's own words, from `{"error": {"message": ...}}` and its likes.
std::string server_message(const std::string& body) {
  auto limits = json_limits{};
  limits.replace_bad_text = true;
  limits.max_bytes = body.size();
  // The body may be no JSON; whatever it is, an error must be fit for a record.
  auto text = replace_bad_utf8(body);
  if (auto parsed = parse_json(body, limits)) {
    auto& err = member(*parsed, "error");
    for (auto candidate :
         {&member(err, "message"), &err, &member(*parsed, "message"),
          &member(*parsed, "detail")})
      if (candidate->is_string()) {
        text = candidate->get<std::string>();
        break;
      }
  }
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20)
      c = ' ';
  return text;
}

// A request to the API, which wants the key in a header after `headers`.
http_request request_to(const lm_options& settings, const char* path,
                        std::vector<std::string> headers) {
  auto result = http_request{};
  result.url = settings.base_url + path;
  result.headers = std::move(headers);
  if (!settings.api_key.empty())
    result.headers.push_back("Authorization: Bearer " + settings.api_key);
  return result;
}

std::string chat_request_body(const lm_options& settings, const json& messages,
                              const json& response_format) {
  auto body = json::object();
  body["model"] = wire_model(settings.model);
  body["messages"] = messages;
  if (settings.temperature)
    body["temperature"] = *settings.temperature;
  if (settings.max_tokens)
    body[is_reasoning_model(settings.model) ? "max_completion_tokens"
                                            : "max_tokens"]
      = *settings.max_tokens;
  if (settings.top_p)
    body["top_p"] = *settings.top_p;
  if (!settings.stop.empty())
    body["stop"] = settings.stop;
  if (settings.seed)
    body["seed"] = *settings.seed;
  if (settings.n > 1)
    body["n"] = settings.n;
  body.update(settings.extra);
  if (!response_format.is_null())
    body["response_format"] = response_format;
  if (settings.stream) {
    body["stream"] = true;
    // The count of tokens comes last, if asked for.
    body["stream_options"] = json::object({{"include_usage", true}});
  }
  body.update(settings.extra_body);
  return dump_json(body);
}

} // namespace

std::string wire_model(const std::string& model) {
  constexpr auto prefix = std::string_view{"openai/"};
  return model.starts_with(prefix) ? model.substr(prefix.size()) : model;
}

http_request chat_request(const lm_options& settings, const json& messages,
                          const json& response_format) {
  auto result = request_to(settings, "/chat/completions",
                           {"Content-Type: application/json"});
  result.body = chat_request_body(settings, messages, response_format);
  return result;
}

http_request model_list_request(const lm_options& settings) {
  auto result = request_to(settings, "/models", {});
  result.method = http_method::get;
  return result;
}

std::vector<std::string> read_model_list(const std::string& body) {
  auto result = std::vector<std::string>{};
  auto parsed = parse_json(body, {.replace_bad_text = true});
  if (!parsed)
    return result;
  auto& models = member(*parsed, "data");
  if (!models.is_array())
    return result;
  for (auto& x : models)
    if (auto& name = member(x, "id"); name.is_string())
      result.push_back(name.get<std::string>());
  return result;
}

result<chat_completion> read_chat_completion(std::string_view body,
                                             size_t max_bytes,
                                             std::string_view secret) {
  auto limits = json_limits{};
  limits.max_bytes = max_bytes;
  limits.replace_bad_text = true;
  auto parsed = parse_json(body, limits);
  if (!parsed)
    return fail(not_a_completion(
      "no JSON, " + mask_secret(to_string(parsed.error()), secret)));
  return read_chat_completion(std::move(*parsed), secret);
}

result<chat_completion> read_chat_completion(json body,
                                             std::string_view secret) {
  // Nothing may be cut before the secret is masked, or a part would stay.
  mask_secret(body, secret);
  auto& choices = member(body, "choices");
  if (!choices.is_array() || choices.empty())
    return fail(not_a_completion("it has no choices"));
  auto& choice = choices.front();
  auto& reply = member(choice, "message");
  if (!reply.is_object())
    return fail(not_a_completion("its first choice has no message"));
  auto& refusal = member(reply, "refusal");
  if (refusal.is_string() && !member(reply, "content").is_string())
    return fail(
      errc::backend_failed,
      "The model refused to answer: "
        + shorten(refusal.get_ref<const std::string&>(), max_quoted_body));
  auto& content = member(reply, "content");
  if (!content.is_string() && !content.is_null())
    return fail(not_a_completion("the content of its message is no text"));
  auto usage = read_usage(body, choice);
  if (choices.size() > 1)
    usage["completions"] = read_texts(choices);
  if (auto calls = read_tool_calls(reply); !calls.empty())
    usage["tool_calls"] = std::move(calls);
  return chat_completion{content.is_string() ? content.get<std::string>() : "",
                         std::move(usage)};
}

bool is_transient_status(int status) {
  return status == 408 || status == 429 || (status >= 500 && status < 600);
}

error status_error(const http_response& response, const lm_options& settings) {
  auto status = response.status;
  auto code = status == 429                 ? errc::overloaded
              : is_transient_status(status) ? errc::backend_unavailable
                                            : errc::backend_failed;
  auto text = "The model server at " + settings.base_url + " answered "
              + std::to_string(status);
  if (status == 401 || status == 403)
    text += " (check the API key in " + std::string{api_key_variable} + ")";
  else if (status == 404)
    text += " (is there a model " + wire_model(settings.model) + "?)";
  else if (status >= 300 && status < 400)
    text += ", a redirect, which is not followed (check base_url)";
  auto said = mask_secret(server_message(response.body), settings.api_key);
  if (!said.empty())
    text += ": " + shorten(said, max_quoted_body);
  return {code, std::move(text), json::object({{"status", status}})};
}

} // namespace dspex
