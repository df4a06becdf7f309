// Whatever a program file holds: no crash, and either a program whose
// configuration is acceptable, or problems that name the file.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "config/program_file.hpp"

namespace {

void require(bool condition, std::string_view what) {
  if (condition)
    return;
  std::cerr << "fuzz_program_file: " << what << '\n';
  std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  auto file = dspex::parse_program_file(text, "p.toml");
  if (file) {
    require(!file->module.empty(), "a program without a module");
    require(dspex::parse_program_configuration(file->configuration).has_value(),
            "a configuration that is refused later");
    require(
      dspex::parse_json(dspex::dump_json(file->configuration)).has_value(),
      "a configuration that is no JSON");
    return 0;
  }
  auto& err = file.error();
  require(!err.details["problems"].empty(), "an error without problems");
  for (auto& x : err.details["problems"]) {
    require(x["file"] == "p.toml" && x["line"].is_number(),
            "a problem without a place");
    require(!x["message"].get<std::string>().empty(), "a silent problem");
  }
  return 0;
}
