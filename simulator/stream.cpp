#include "simulator/stream.hpp"

#include <algorithm>

#include "dspex/json.hpp"

namespace dspex {

namespace {

constexpr size_t tokens_per_event = 4;

std::string to_event(const std::string& data) {
  return "data: " + data + "\n\n";
}

json chunk_choice(size_t index, json delta, json reason) {
  return json::array({json::object({{"index", index},
                                    {"delta", std::move(delta)},
                                    {"finish_reason", std::move(reason)}})});
}

json content_delta(std::string_view text) {
  return json::object({{"content", std::string{text}}});
}

json arguments_delta(std::string_view text) {
  return json::object(
    {{"tool_calls",
      json::array({json::object(
        {{"index", 0},
         {"function", json::object({{"arguments", std::string{text}}})}})})}});
}

} // namespace

std::vector<sim_event> print_sim_stream(const sim_request& request,
                                        const std::vector<sim_answer>& answers,
                                        sim_hash hash) {
  auto result = std::vector<sim_event>{};
  auto add = [&](json choices, json usage, size_t tokens) {
    auto chunk = print_sim_head(hash, "chat.completion.chunk");
    chunk["choices"] = std::move(choices);
    if (request.include_usage)
      chunk["usage"] = std::move(usage);
    result.push_back({to_event(dump_json(chunk)), tokens});
  };
  for (size_t i = 0; i < answers.size(); ++i) {
    auto& x = answers[i];
    auto first = json::object({{"role", "assistant"}, {"content", ""}});
    if (x.call)
      first = json::object(
        {{"role", "assistant"},
         {"content", nullptr},
         {"tool_calls", json::array({print_sim_call(*x.call, hash, i, "")})}});
    add(chunk_choice(i, std::move(first), nullptr), nullptr, 0);
    auto rest = std::string_view{x.call ? x.call->arguments : x.content};
    while (!rest.empty()) {
      auto piece = sim_clip(rest, tokens_per_event * sim_bytes_per_token);
      // No valid text, then; a stream has to end all the same.
      if (piece.empty())
        piece = rest;
      add(chunk_choice(
            i, x.call ? arguments_delta(piece) : content_delta(piece), nullptr),
          nullptr, sim_tokens(piece));
      rest.remove_prefix(piece.size());
    }
    add(chunk_choice(i, json::object(), x.finish_reason), nullptr, 0);
  }
  if (request.include_usage)
    add(json::array(), print_sim_usage(request, answers), 0);
  result.push_back({to_event("[DONE]"), 0});
  return result;
}

} // namespace dspex
