// Reads arbitrary bytes as JSON: whatever is accepted prints and reads back
// into the same value, and the two ways to treat bad text agree on good text.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "dspex/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = std::string_view{reinterpret_cast<const char*>(data), size};
  auto strict = dspex::parse_json(text);
  auto tolerant = dspex::parse_json(text, {.replace_bad_text = true});
  if (!strict) {
    if (strict.error().offset > size || strict.error().line == 0)
      std::abort();
    return 0;
  }
  if (!tolerant || *tolerant != *strict)
    std::abort();
  auto printed = dspex::dump_json(*strict);
  auto again = dspex::parse_json(printed, {.max_bytes = 100'000'000});
  if (!again || *again != *strict || dspex::dump_json(*again) != printed)
    std::abort();
  return 0;
}
