#include "cli/render.hpp"
#include "cli/verb.hpp"

namespace dspex::cli {

namespace {

int show_config(const invocation& call, const no_arguments&) {
  auto loaded = load(call);
  if (!loaded)
    return refuse_configuration(loaded.error());
  auto rows = page<json>{};
  for (auto& x : loaded->origins) {
    auto row = json::object();
    row["key"] = x.key;
    row["value"] = x.value;
    row["origin"] = x.origin;
    rows.items.push_back(std::move(row));
  }
  static const auto columns = std::vector<list_column>{
    {"key", "/key"},
    {"value", "/value"},
    {"origin", "/origin"},
  };
  return print_list(
    call, {}, columns,
    [&](const page_request&) -> result<page<json>> { return rows; });
}

} // namespace

void add_config(CLI::App& app, verb& chosen) {
  auto& group = add_group(app, "config", "The settings of this command",
                          "  dspex config show --config dspex.toml");
  add_verb<no_arguments>(group, chosen, "show",
                         "List every option, its value, and who set it",
                         show_config);
}

} // namespace dspex::cli
