// Reads arbitrary bytes as JSON that a model wrote: the outcome is a value that
// can be printed and read, what is valid is taken as it is, and the same text
// always gives the same.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "adapters/native/python/literal.hpp"
#include "adapters/native/repair/json_repair.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = std::string_view{
    size > 0 ? reinterpret_cast<const char*>(data) : "", size};
  auto mended = dspex::repair_json(text);
  if (mended != dspex::repair_json(text))
    std::abort();
  auto strict = dspex::parse_json(text);
  if (strict && (!mended || *mended != *strict))
    std::abort();
  for (auto& value : {mended, dspex::read_python_literal(text)}) {
    if (!value)
      continue;
    auto limits = dspex::json_limits{.max_bytes = 100'000'000,
                                     .max_depth = 1'000};
    if (!dspex::parse_json(dspex::dump_json(*value), limits))
      std::abort();
  }
  return 0;
}
