#include "load/sim_protocol.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "dspex/json.hpp"

namespace dspex {

namespace {

/// 2024-01-01T00:00:00Z, in seconds.
constexpr int64_t created = 1'704'067'200;

/// Fails as a client's mistake.
tl::unexpected<error> refuse(std::string message) {
  return fail(errc::invalid_input, std::move(message));
}

size_t tokens(size_t bytes) {
  return (bytes + 3) / 4;
}

/// Appends the text of a content part; a part without text, such as an image,
/// adds its JSON, so that it has a part in the hash.
bool add_part(const json& part, std::string& content) {
  if (!part.is_object())
    return false;
  auto type = part.find("type");
  if (type == part.end() || !type->is_string())
    return false;
  if (!content.empty())
    content += '\n';
  if (*type != "text") {
    content += dump_json(part);
    return true;
  }
  auto text = part.find("text");
  if (text == part.end() || !text->is_string())
    return false;
  content += text->get_ref<const std::string&>();
  return true;
}

result<sim_message> read_message(const json& source, size_t index) {
  auto at = "messages[" + std::to_string(index) + "]";
  if (!source.is_object())
    return refuse(at + " must be an object");
  sim_message message;
  auto role = source.find("role");
  if (role == source.end() || !role->is_string())
    return refuse(at + ".role must be a string");
  message.role = role->get_ref<const std::string&>();
  auto content = source.find("content");
  if (content == source.end() || content->is_null())
    return message;
  if (content->is_string()) {
    message.content = content->get_ref<const std::string&>();
    return message;
  }
  auto good = content->is_array()
              && std::all_of(content->begin(), content->end(), [&](auto& part) {
                   return add_part(part, message.content);
                 });
  if (!good)
    return refuse(at + ".content must be a string or an array of parts");
  return message;
}

std::string hex(uint64_t value) {
  std::array<char, 17> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%016llx",
                static_cast<unsigned long long>(value));
  return buffer.data();
}

std::string_view error_type(uint16_t status) {
  switch (status) {
    case 401:
    case 403:
      return "authentication_error";
    case 429:
      return "rate_limit_error";
    default:
      return status < 500 ? "invalid_request_error" : "server_error";
  }
}

} // namespace

sim_hash sim_request::hash(uint64_t seed) const noexcept {
  sim_hash result{seed};
  for (auto& message : messages)
    result = result.with(message.role).with(message.content);
  return result;
}

std::string_view sim_request::last_user_message() const noexcept {
  auto last = std::find_if(messages.rbegin(), messages.rend(),
                           [](auto& m) { return m.role == "user"; });
  return last == messages.rend() ? std::string_view{} : last->content;
}

result<sim_request> read_sim_request(std::string_view body) {
  json_limits limits;
  limits.max_bytes = max_sim_body;
  auto parsed = parse_json(body, limits);
  if (!parsed)
    return refuse("The body is not valid JSON: " + to_string(parsed.error()));
  if (!parsed->is_object())
    return refuse("The body must be a JSON object");
  auto model = parsed->find("model");
  if (model == parsed->end() || !model->is_string())
    return refuse("model must be a string");
  auto stream = parsed->find("stream");
  if (stream != parsed->end() && !stream->is_null()) {
    if (!stream->is_boolean())
      return refuse("stream must be a boolean");
    if (stream->get<bool>())
      return refuse("stream is not supported by this simulation: send false");
  }
  sim_request request;
  auto n = parsed->find("n");
  if (n != parsed->end() && !n->is_null()) {
    if (!n->is_number_integer() || *n < 1 || *n > 128)
      return refuse("n must be an integer from 1 to 128");
    request.n = n->get<size_t>();
  }
  auto messages = parsed->find("messages");
  if (messages == parsed->end() || !messages->is_array() || messages->empty())
    return refuse("messages must be an array with at least one message");
  for (auto& source : *messages) {
    auto message = read_message(source, request.messages.size());
    if (!message)
      return fail(std::move(message.error()));
    request.messages.push_back(std::move(*message));
  }
  return request;
}

sim_reply print_sim_reply(const sim_request& request,
                          const std::vector<std::string>& answers,
                          sim_hash hash) {
  size_t prompt_bytes = 0;
  for (auto& message : request.messages)
    prompt_bytes += message.content.size();
  sim_reply result;
  auto choices = json::array();
  for (auto& answer : answers) {
    result.completion_tokens += tokens(answer.size());
    choices.push_back(
      {{"index", choices.size()},
       {"message", {{"role", "assistant"}, {"content", answer}}},
       {"finish_reason", "stop"}});
  }
  auto prompt_tokens = tokens(prompt_bytes);
  auto body
    = json{{"id", "chatcmpl-sim-" + hex(hash.value())},
           {"object", "chat.completion"},
           {"created", created},
           {"model", sim_model_name},
           {"choices", std::move(choices)},
           {"usage",
            {{"prompt_tokens", prompt_tokens},
             {"completion_tokens", result.completion_tokens},
             {"total_tokens", prompt_tokens + result.completion_tokens}}}};
  result.body = dump_json(body);
  return result;
}

std::string print_sim_error(uint16_t status, std::string_view code,
                            std::string_view message) {
  return dump_json(json{{"error",
                         {{"message", message},
                          {"type", error_type(status)},
                          {"param", nullptr},
                          {"code", code}}}});
}

const char* sim_reason(uint16_t status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Payload Too Large";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return status < 500 ? "Client Error" : "Server Error";
  }
}

std::string print_sim_models() {
  auto model = json{{"id", sim_model_name},
                    {"object", "model"},
                    {"created", created},
                    {"owned_by", "dspex simulation"}};
  return dump_json(
    json{{"object", "list"}, {"data", json::array({std::move(model)})}});
}

} // namespace dspex
