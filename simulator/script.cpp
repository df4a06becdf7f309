#include "simulator/script.hpp"

#include <fstream>
#include <iterator>

#include "dspex/json.hpp"

namespace dspex {

std::string sim_prompt_hash(const sim_request& request) {
  return sim_hex(request.hash(0).value());
}

result<sim_script> read_sim_script(std::string_view text) {
  auto result = sim_script{};
  size_t number = 0;
  for (auto line : sim_lines(text)) {
    ++number;
    if (sim_trim(line).empty())
      continue;
    auto refuse = [&](const std::string& why) {
      return fail(errc::invalid_option,
                  "script line " + std::to_string(number) + ": " + why);
    };
    auto parsed = parse_json(line, {.max_bytes = max_sim_body});
    if (!parsed)
      return refuse(to_string(parsed.error()));
    auto has_text = [&](const char* name) {
      return parsed->is_object() && parsed->contains(name)
             && (*parsed)[name].is_string();
    };
    if (!has_text("prompt_hash") || !has_text("text"))
      return refuse("must be an object with the texts prompt_hash and text");
    result[(*parsed)["prompt_hash"].get<std::string>()]
      = (*parsed)["text"].get<std::string>();
  }
  return result;
}

result<sim_script> load_sim_script(const std::string& file) {
  if (file.empty())
    return sim_script{};
  auto in = std::ifstream{file, std::ios::binary};
  if (!in)
    return fail(errc::invalid_option, "Cannot read the script " + file);
  auto text = std::string{std::istreambuf_iterator<char>{in}, {}};
  return read_sim_script(text);
}

std::string print_sim_transcript(const sim_request& request,
                                 std::string_view body, uint16_t status,
                                 const sim_answer* answer) {
  auto line = json::object({{"prompt_hash", sim_prompt_hash(request)}});
  auto parsed = parse_json(body, {.max_bytes = max_sim_body});
  line["request"] = parsed ? std::move(*parsed) : json(nullptr);
  line["status"] = status;
  if (answer != nullptr && answer->call)
    line["tool_call"] = json::object(
      {{"name", answer->call->name}, {"arguments", answer->call->arguments}});
  else if (answer != nullptr)
    line["text"] = answer->content;
  return dump_json(line) + '\n';
}

} // namespace dspex
