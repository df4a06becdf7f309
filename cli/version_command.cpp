#include <caf/config.hpp>

#include "cli/render.hpp"
#include "cli/verb.hpp"

namespace dspex::cli {

namespace {

std::string caf_version() {
  return std::to_string(CAF_MAJOR_VERSION) + '.'
         + std::to_string(CAF_MINOR_VERSION) + '.'
         + std::to_string(CAF_PATCH_VERSION);
}

int version(const invocation& call, const no_arguments&) {
  if (call.format_or_table() != output_format::table) {
    auto object = json::object();
    object["dspex"] = DSPEX_VERSION;
    object["caf"] = caf_version();
    object["sqlite"] = DSPEX_SQLITE_VERSION;
    return print_object(call, object);
  }
  return print_stdout("dspex " DSPEX_VERSION " (CAF " + caf_version()
                      + ", SQLite " DSPEX_SQLITE_VERSION ")\n");
}

} // namespace

void add_version(CLI::App& app, verb& chosen) {
  add_verb<no_arguments>(app, chosen, "version", "Print the version", version);
}

} // namespace dspex::cli
