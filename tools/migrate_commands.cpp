#include "persistence/store.hpp"
#include "tools/render.hpp"
#include "tools/verb.hpp"

namespace dspex::cli {

namespace {

struct no_words {};

using migration_call = result<migration_report> (*)(const database_options&);

json to_json(const migration_row& x) {
  auto out = json::object();
  out["number"] = x.number;
  out["name"] = x.name;
  out["applied_at"] = x.applied_at ? json(to_string(*x.applied_at)) : json{};
  return out;
}

int print_report(const invocation& call, access mode, migration_call ask) {
  auto loaded = load(call);
  if (!loaded)
    return refuse_configuration(loaded.error());
  auto& store = loaded->values.store;
  auto found = ask({.url = store.url,
                    .access = mode,
                    .node = node_id::make(),
                    .timeout = store.timeout,
                    .create = mode == access::read_write});
  if (!found)
    return report(found.error());
  static const auto columns = std::vector<list_column>{
    {"number", "/number", true},
    {"name", "/name"},
    {"applied at", "/applied_at"},
  };
  auto status = print_list(call, {}, columns,
                           [&](const page_request&) -> result<page<json>> {
                             auto rows = page<json>{};
                             for (auto& x : found->rows)
                               rows.items.push_back(to_json(x));
                             return rows;
                           });
  if (status == exit_ok && mode == access::read_write
      && call.format_or_table() == output_format::table)
    return print_stdout(std::to_string(found->changed) + " applied\n");
  return status;
}

int up(const invocation& call, const no_words&) {
  return print_report(
    call, access::read_write,
    [](const database_options& options) { return migrate_up(options); });
}

int status(const invocation& call, const no_words&) {
  return print_report(call, access::read_only, migration_status);
}

} // namespace

void add_migrate(CLI::App& app, verb& chosen) {
  auto& group = add_group(app, "migrate", "The schema of a store",
                          "  dspex migrate status\n"
                          "  dspex migrate up --store sqlite:runs.db");
  add_verb<no_words>(group, chosen, "up", "Bring the schema up to date", up);
  add_verb<no_words>(group, chosen, "status", "List what is applied", status);
}

} // namespace dspex::cli
