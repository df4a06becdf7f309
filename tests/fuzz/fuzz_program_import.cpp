// Imports arbitrary JSON as a saved program with its manifest: either it is
// refused with a reason, or the program that comes of it can be planned again.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "adapters/native/program/import.hpp"
#include "adapters/native/program/plan.hpp"

namespace {

void check(const dspex::json& saved, const dspex::import_options& options) {
  auto program = dspex::import_program(saved, options);
  if (!program) {
    if (program.error().message.empty()
        || program.error().code == dspex::errc::internal)
      std::abort();
    return;
  }
  auto plan
    = dspex::plan_program(program->signature, program->configuration,
                          dspex::described_tools(program->configuration));
  if (!plan || !plan->main.first.messages(dspex::json::object()))
    std::abort();
}

} // namespace

// The text is `{"saved", "manifest", "signature"}`.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = std::string_view{
    size > 0 ? reinterpret_cast<const char*>(data) : "", size};
  auto whole = dspex::parse_json(text);
  if (!whole || !whole->is_object())
    return 0;
  auto options = dspex::import_options{};
  if (auto i = whole->find("manifest"); i != whole->end())
    options.manifest = *i;
  if (auto i = whole->find("signature"); i != whole->end() && i->is_string())
    options.signature = i->get<std::string>();
  auto saved = whole->find("saved");
  check(saved != whole->end() ? *saved : *whole, options);
  return 0;
}
