#include "simulator/complete.hpp"

#include <algorithm>

#include "simulator/answer.hpp"

namespace dspex {

namespace {

// Which tool a model takes for what it was told last: the one whose name and
// description have most to do with it.
const sim_tool& choose_tool(const sim_request& request, sim_hash decide) {
  auto asked = sim_stems_of(request.last_user_message());
  auto& tools = request.tools;
  auto best = &tools[decide.with("tool").below(tools.size())];
  size_t most = 0;
  for (auto& x : tools) {
    auto name = x.name;
    std::replace(name.begin(), name.end(), '_', ' ');
    auto stems = sim_stems_of(name + " " + x.description);
    if (auto score = sim_overlap(stems, asked); score > most) {
      best = &x;
      most = score;
    }
  }
  return *best;
}

bool has_tool_result(const sim_request& request) {
  return std::any_of(request.messages.begin(), request.messages.end(),
                     [](auto& x) { return x.role == "tool"; });
}

sim_answer call_tool(const sim_request& request, sim_hash decide) {
  auto& tool = choose_tool(request, decide);
  auto result = sim_answer{};
  auto takes_any = tool.parameters.is_object()
                   && tool.parameters.contains("properties");
  result.call = sim_tool_call{
    tool.name, takes_any
                 ? answer_sim_schema(request.messages, tool.parameters, decide)
                 : "{}"};
  result.finish_reason = "tool_calls";
  return result;
}

std::string say(const sim_request& request, sim_hash decide) {
  if (request.schema)
    return answer_sim_schema(request.messages, *request.schema, decide);
  auto text = answer_sim_chat(request.messages, decide);
  if (!request.wants_object || parse_json(text))
    return text;
  return dump_json(json::object({{"answer", text}}));
}

void stop_at_limit(const sim_request& request, sim_answer& x) {
  if (!request.max_tokens || sim_tokens(x.content) <= *request.max_tokens)
    return;
  x.content = std::string{
    sim_clip(x.content, *request.max_tokens * sim_bytes_per_token)};
  x.finish_reason = "length";
}

} // namespace

std::vector<sim_answer>
complete_sim_request(const sim_request& request, sim_hash decide,
                     const std::optional<std::string>& text) {
  auto result = std::vector<sim_answer>{};
  auto calls = !request.tools.empty()
               && (request.must_call || !has_tool_result(request));
  for (size_t i = 0; i < request.n; ++i) {
    if (calls && !text) {
      result.push_back(call_tool(request, decide.with(i)));
      continue;
    }
    auto answer = sim_answer{};
    answer.content = text ? *text : say(request, decide.with(i));
    stop_at_limit(request, answer);
    result.push_back(std::move(answer));
  }
  return result;
}

} // namespace dspex
