#include "cli/invocation.hpp"

#include "cli/messages.hpp"

namespace dspex::cli {

result<loaded_configuration> load(const invocation& call) {
  auto sources = configuration_sources{};
  if (call.config_file)
    sources.file = *call.config_file;
  sources.environment = read_environment();
  sources.settings = call.settings;
  sources.store_url = call.store_url;
  return load_configuration(sources);
}

int refuse_configuration(const error& err) {
  print_error(err);
  return exit_usage;
}

int report(const error& err) {
  print_error(err);
  return exit_failed;
}

} // namespace dspex::cli
