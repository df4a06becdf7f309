#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <string_view>

#include "adapters/native/chat/field_stream.hpp"
#include "adapters/native/chat/json_text_stream.hpp"
#include "adapters/native/chat/module_signature.hpp"
#include "adapters/native/chat/reply_parse.hpp"
#include "tests/support/pieces.hpp"

namespace {

using namespace dspex;

void require(bool condition, std::string_view what) {
  if (condition)
    return;
  std::cerr << "fuzz_chat_reply: " << what << '\n';
  std::abort();
}

const prompt_signature& task() {
  static const auto instance = chain_of_thought(make_prompt_signature(
    any_signature::parse(
      "q -> a: str, b: int, c: float, d: bool, e: list[str], "
      "f: literal['x', 1], g: optional[int], h: any, "
      "i: list[list[int]], j: int | str, k: dict[int, float], "
      "l: tuple[int, datetime], m: embedding | none, "
      "n: object('{\"type\":\"object\"}')")
      .value()));
  return instance;
}

// Whether the types of the fields are those that were asked for.
bool well_typed(const json& fields) {
  return fields.size() == task().outputs.size() && fields["a"].is_string()
         && fields["b"].is_number_integer() && fields["c"].is_number_float()
         && fields["d"].is_boolean() && fields["e"].is_array()
         && (fields["f"] == "x" || fields["f"] == 1 || fields["f"] == true)
         && (fields["g"].is_null() || fields["g"].is_number_integer())
         && fields["i"].is_array()
         && (fields["j"].is_number_integer() || fields["j"].is_string())
         && fields["k"].is_object() && fields["l"].size() == 2
         && (fields["m"].is_null() || fields["m"].is_array())
         && fields["n"].is_object();
}

void check(std::string_view reply, prompt_adapter adapter) {
  auto fields = parse_reply(task(), adapter, reply);
  if (fields) {
    require(well_typed(*fields), "a field has another type");
    require(dump_json(*fields)
              == dump_json(*parse_reply(task(), adapter, reply)),
            "the same reply reads differently");
    return;
  }
  require(fields.error().code == errc::invalid_output, "another error code");
  require(fields.error().message.size() < 2000, "an endless error message");
}

void check_pieces(std::string_view reply, size_t characters) {
  auto told = std::map<std::string, std::string>{};
  auto chat = field_stream{task(),
                           [&](const std::string& field,
                               std::string_view text) { told[field] += text; }};
  test::read_in_pieces(chat, reply, characters);
  chat.finish(reply);
  if (auto fields = parse_reply(task(), prompt_adapter::chat, reply))
    for (auto name : {"reasoning", "a"})
      require(told[name] == (*fields)[name], "the pieces are not the field");
  auto as_json = json_text_stream{[](const std::string&, std::string_view) {
    // Any text will do.
  }};
  test::read_in_pieces(as_json, reply, characters);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = std::string_view{
    size > 0 ? reinterpret_cast<const char*>(data) : "", size};
  check(text, prompt_adapter::chat);
  check(text, prompt_adapter::json_object);
  // The same bytes as the value of every field, so that values are reached
  // without the fuzzer having to find all headers.
  auto reply = std::string{};
  for (auto& x : task().outputs)
    reply += "[[ ## " + x.name + " ## ]]\n" + std::string{text} + "\n\n";
  check(reply, prompt_adapter::chat);
  constexpr size_t piece_sizes = 7;
  check_pieces(reply, 1 + size % piece_sizes);
  check_pieces(text, 1 + size % piece_sizes);
  return 0;
}
