// Whatever a client writes into its messages, the simulated model answers: no
// crash, no hang, a bounded amount of valid UTF-8 in the form asked for.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "dspex/json.hpp"
#include "simulator/answer.hpp"
#include "simulator/complete.hpp"
#include "simulator/fault.hpp"
#include "simulator/protocol.hpp"
#include "simulator/stream.hpp"

namespace {

/// The parts of an input, which byte 0xFF separates (it is never UTF-8).
std::vector<std::string> parts_of(std::string_view input) {
  std::vector<std::string> result(1);
  for (auto c : input) {
    if (c == '\xff')
      result.emplace_back();
    else
      result.back() += c;
  }
  return result;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input{reinterpret_cast<const char*>(data), size};
  if (auto request = dspex::read_sim_request(input)) {
    auto answers = dspex::complete_sim_request(*request, dspex::sim_hash{size});
    if (answers.size() != request->n)
      std::abort();
    static_cast<void>(
      dspex::print_sim_stream(*request, answers, dspex::sim_hash{size}));
  }
  auto parts = parts_of(input);
  std::vector<dspex::sim_message> chat;
  for (size_t i = 0; i < parts.size(); ++i)
    chat.push_back({i == 0 ? "system" : "user", parts[i]});
  auto answer = dspex::answer_sim_chat(chat, dspex::sim_hash{size});
  if (answer.empty() || answer.size() > 10 * size + 2'000'000)
    std::abort();
  if (dspex::answer_sim_chat(chat, dspex::sim_hash{size}) != answer)
    std::abort();
  dspex::sim_request request;
  request.messages = chat;
  dspex::sim_answer said;
  said.content = answer;
  auto reply = dspex::print_sim_reply(request, {said}, dspex::sim_hash{size});
  dspex::json_limits limits;
  limits.max_bytes = reply.body.size();
  limits.replace_bad_text = true;
  if (!dspex::parse_json(reply.body, limits))
    std::abort();
  static_cast<void>(dspex::find_sim_fault(parts.back()));
  return 0;
}
