#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "adapters/native/lm/completion_stream.hpp"

namespace {

using namespace dspex;

void require(bool condition, std::string_view what) {
  if (condition)
    return;
  std::cerr << "fuzz_completion_stream: " << what << '\n';
  std::abort();
}

std::string read_in_pieces(std::string_view bytes, size_t piece) {
  auto stream = completion_stream{};
  for (size_t i = 0; i < bytes.size(); i += piece)
    stream.read(bytes.substr(i, piece));
  auto answer = stream.finish();
  if (!answer) {
    require(answer.error().code == errc::backend_failed, "another error code");
    return answer.error().message;
  }
  require(!(*answer)["choices"].is_null(), "an answer without choices");
  return dump_json(*answer);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto bytes = std::string_view{
    size > 0 ? reinterpret_cast<const char*>(data) : "", size};
  auto whole = read_in_pieces(bytes, size + 1);
  for (size_t piece : {1, 2, 5})
    require(read_in_pieces(bytes, piece) == whole,
            "the pieces of a stream make a difference");
  return 0;
}
