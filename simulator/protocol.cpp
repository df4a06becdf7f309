#include "simulator/protocol.hpp"

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

// A member that is there and not null.
const json* given(const json& value, const char* name) {
  if (!value.is_object())
    return nullptr;
  auto i = value.find(name);
  return i != value.end() && !i->is_null() ? &*i : nullptr;
}

result<void> read_stream(const json& body, sim_request& out) {
  if (auto* x = given(body, "stream")) {
    if (!x->is_boolean())
      return refuse("stream must be a boolean");
    out.stream = x->get<bool>();
  }
  if (auto* x = given(body, "stream_options"))
    if (auto* usage = given(*x, "include_usage"))
      out.include_usage = *usage == true;
  return {};
}

result<void> read_limit(const json& body, sim_request& out) {
  for (auto name : {"max_tokens", "max_completion_tokens"})
    if (auto* x = given(body, name)) {
      if (!x->is_number_integer() || *x < 1 || *x > INT32_MAX)
        return refuse(std::string{name} + " must be an integer from 1 on");
      out.max_tokens = x->get<size_t>();
    }
  return {};
}

result<void> read_format(const json& body, sim_request& out) {
  auto* format = given(body, "response_format");
  if (format == nullptr)
    return {};
  auto* type = given(*format, "type");
  if (type == nullptr
      || (*type != "text" && *type != "json_object" && *type != "json_schema"))
    return refuse("response_format.type must be text, json_object or "
                  "json_schema");
  out.wants_object = *type == "json_object";
  if (*type != "json_schema")
    return {};
  auto* wrapped = given(*format, "json_schema");
  auto* schema = wrapped != nullptr ? given(*wrapped, "schema") : nullptr;
  if (schema == nullptr || !schema->is_object())
    return refuse("response_format.json_schema.schema must be an object");
  out.schema = *schema;
  return {};
}

result<sim_tool> read_tool(const json& source, size_t index) {
  auto* function = given(source, "function");
  auto* name = function != nullptr ? given(*function, "name") : nullptr;
  if (name == nullptr || !name->is_string())
    return refuse("tools[" + std::to_string(index)
                  + "].function.name must be a string");
  auto tool = sim_tool{};
  tool.name = name->get<std::string>();
  if (auto* x = given(*function, "description"); x && x->is_string())
    tool.description = x->get<std::string>();
  if (auto* x = given(*function, "parameters"))
    tool.parameters = *x;
  return tool;
}

result<void> read_tools(const json& body, sim_request& out) {
  auto* tools = given(body, "tools");
  if (tools == nullptr)
    return {};
  if (!tools->is_array())
    return refuse("tools must be an array");
  auto* choice = given(body, "tool_choice");
  if (choice != nullptr && *choice == "none")
    return {};
  auto* function = choice != nullptr ? given(*choice, "function") : nullptr;
  auto* name = function != nullptr ? given(*function, "name") : nullptr;
  out.must_call = name != nullptr
                  || (choice != nullptr && *choice == "required");
  for (size_t i = 0; i < tools->size(); ++i) {
    auto tool = read_tool((*tools)[i], i);
    if (!tool)
      return fail(std::move(tool.error()));
    if (name == nullptr || *name == tool->name)
      out.tools.push_back(std::move(*tool));
  }
  if (out.must_call && out.tools.empty())
    return refuse("tool_choice names no tool of the request");
  return {};
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
  sim_request request;
  for (auto read : {read_stream, read_limit, read_format, read_tools})
    if (auto ok = read(*parsed, request); !ok)
      return fail(std::move(ok.error()));
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

size_t sim_tokens(std::string_view text) noexcept {
  return (text.size() + sim_bytes_per_token - 1) / sim_bytes_per_token;
}

sim_cost cost_of(const sim_request& request,
                 const std::vector<sim_answer>& answers) {
  size_t prompt_bytes = 0;
  for (auto& message : request.messages)
    prompt_bytes += message.content.size();
  auto result = sim_cost{};
  result.prompt_tokens = (prompt_bytes + sim_bytes_per_token - 1)
                         / sim_bytes_per_token;
  for (auto& x : answers)
    result.completion_tokens += x.call ? sim_tokens(x.call->name)
                                           + sim_tokens(x.call->arguments)
                                       : sim_tokens(x.content);
  return result;
}

json print_sim_usage(const sim_request& request,
                     const std::vector<sim_answer>& answers) {
  auto cost = cost_of(request, answers);
  return json{{"prompt_tokens", cost.prompt_tokens},
              {"completion_tokens", cost.completion_tokens},
              {"total_tokens", cost.prompt_tokens + cost.completion_tokens}};
}

json print_sim_head(sim_hash hash, const char* object) {
  return json{{"id", "chatcmpl-sim-" + sim_hex(hash.value())},
              {"object", object},
              {"created", created},
              {"model", sim_model_name}};
}

json print_sim_call(const sim_tool_call& call, sim_hash hash, size_t index,
                    std::string_view arguments) {
  auto id = hash.with("call").with(index).value();
  return json{
    {"index", 0},
    {"id", "call-sim-" + sim_hex(id)},
    {"type", "function"},
    {"function", {{"name", call.name}, {"arguments", std::string{arguments}}}}};
}

sim_reply print_sim_reply(const sim_request& request,
                          const std::vector<sim_answer>& answers,
                          sim_hash hash) {
  auto choices = json::array();
  for (auto& x : answers) {
    auto message = json{{"role", "assistant"}, {"content", x.content}};
    if (x.call) {
      auto call = print_sim_call(*x.call, hash, choices.size(),
                                 x.call->arguments);
      call.erase("index");
      message["content"] = nullptr;
      message["tool_calls"] = json::array();
      message["tool_calls"].push_back(std::move(call));
    }
    choices.push_back({{"index", choices.size()},
                       {"message", std::move(message)},
                       {"finish_reason", x.finish_reason}});
  }
  auto body = print_sim_head(hash, "chat.completion");
  body["choices"] = std::move(choices);
  body["usage"] = print_sim_usage(request, answers);
  return {dump_json(body), cost_of(request, answers)};
}

std::string print_sim_error(uint16_t status, std::string_view code,
                            std::string_view message) {
  return dump_json(json{{"error",
                         {{"message", message},
                          {"type", error_type(status)},
                          {"param", nullptr},
                          {"code", code}}}});
}

std::string sim_hex(uint64_t value) {
  std::array<char, 17> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%016llx",
                static_cast<unsigned long long>(value));
  return buffer.data();
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
