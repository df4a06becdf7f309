#include "adapters/native/lm/completion_stream.hpp"

#include <algorithm>

namespace dspex {

namespace {

// Choices of one request, and calls of one choice: memory is bounded by what a
// server sends, not by the numbers it sends.
constexpr int64_t max_index = 1'000;

const json& part(const json& value, const char* name) {
  static const auto null = json(nullptr);
  if (!value.is_object())
    return null;
  auto i = value.find(name);
  return i != value.end() ? *i : null;
}

std::optional<int64_t> read_index(const json& source) {
  auto& index = part(source, "index");
  if (index.is_null())
    return 0;
  if (!index.is_number_integer() || index < 0 || index > max_index)
    return std::nullopt;
  return index.get<int64_t>();
}

void append(const json& piece, std::string& to) {
  if (piece.is_string())
    to += piece.get_ref<const std::string&>();
}

void append(const json& piece, std::optional<std::string>& to) {
  if (piece.is_string())
    to = to.value_or("") + piece.get_ref<const std::string&>();
}

} // namespace

void completion_stream::read(std::string_view bytes) {
  reader_.read(bytes, [this](std::string_view data) {
    ++events_;
    if (!failure_ && !is_done_)
      read_event(data);
  });
}

void completion_stream::refuse(const std::string& why) {
  failure_
    = error{errc::backend_failed,
            "The model server's stream is not a chat completion: " + why};
}

void completion_stream::read_event(std::string_view data) {
  if (data == "[DONE]") {
    is_done_ = true;
    return;
  }
  auto limits = json_limits{};
  limits.max_bytes = data.size();
  limits.replace_bad_text = true;
  auto parsed = parse_json(data, limits);
  if (!parsed)
    return refuse("an event is no JSON, " + to_string(parsed.error()));
  if (auto& err = part(*parsed, "error"); !err.is_null()) {
    auto& message = part(err, "message");
    failure_ = error{
      errc::backend_failed,
      "The model server broke its answer off: "
        + (message.is_string() ? message.get<std::string>() : dump_json(err))};
    return;
  }
  if (auto& model = part(*parsed, "model"); model.is_string())
    model_ = model;
  if (auto& usage = part(*parsed, "usage"); usage.is_object())
    usage_ = usage;
  auto& choices = part(*parsed, "choices");
  if (choices.is_array())
    for (auto& x : choices)
      read_choice(x);
}

void completion_stream::read_choice(const json& source) {
  auto index = read_index(source);
  if (!index)
    return refuse("the index of a choice is no small integer");
  auto& to = choices_[*index];
  auto& delta = part(source, "delta");
  append(part(delta, "content"), to.content);
  append(part(delta, "refusal"), to.refusal);
  if (auto& calls = part(delta, "tool_calls"); calls.is_array())
    for (auto& x : calls) {
      auto number = read_index(x);
      if (!number)
        return refuse("the index of a tool call is no small integer");
      auto& call = to.tool_calls[*number];
      append(part(x, "id"), call.id);
      append(part(part(x, "function"), "name"), call.name);
      append(part(part(x, "function"), "arguments"), call.arguments);
    }
  has_begun_ = has_begun_ || (to.content && !to.content->empty())
               || !to.tool_calls.empty();
  if (auto& reason = part(source, "finish_reason"); reason.is_string())
    to.finish_reason = reason;
}

std::string_view completion_stream::text() const {
  auto i = choices_.find(0);
  return i != choices_.end() && i->second.content ? *i->second.content
                                                  : std::string_view{};
}

result<json> completion_stream::finish() const {
  if (failure_)
    return fail(*failure_);
  auto is_whole = !choices_.empty()
                  && std::all_of(choices_.begin(), choices_.end(), [](auto& x) {
                       return x.second.finish_reason.is_string();
                     });
  if (!is_whole && !is_done_)
    return fail(errc::backend_failed,
                "The model server's stream ended before the answer did");
  auto choices = json::array();
  for (auto& [index, x] : choices_)
    choices.push_back(print(index, x));
  return json::object(
    {{"model", model_}, {"choices", std::move(choices)}, {"usage", usage_}});
}

json completion_stream::print(int64_t index, const choice& from) {
  auto message = json::object({{"role", "assistant"}, {"content", nullptr}});
  if (from.content)
    message["content"] = *from.content;
  if (from.refusal)
    message["refusal"] = *from.refusal;
  for (auto& [number, x] : from.tool_calls)
    message["tool_calls"].push_back(json::object(
      {{"id", x.id},
       {"type", "function"},
       {"function",
        json::object({{"name", x.name}, {"arguments", x.arguments}})}}));
  return json::object({{"index", index},
                       {"message", std::move(message)},
                       {"finish_reason", from.finish_reason}});
}

} // namespace dspex
