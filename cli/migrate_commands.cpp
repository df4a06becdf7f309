#include "cli/render.hpp"
#include "cli/verb.hpp"
#include "persistence/store.hpp"

namespace dspex::cli {

namespace {

json to_json(const migration_row& x) {
  auto out = json::object();
  out["number"] = x.number;
  out["name"] = x.name;
  out["applied_at"] = x.applied_at ? json(to_string(*x.applied_at)) : json{};
  return out;
}

json to_json(const schema_drift& x) {
  auto out = json::object();
  out["object"] = x.object;
  out["problem"] = x.problem;
  return out;
}

// Calls `ask` with the options that open the configured store.
template <class Ask>
int with_store(const invocation& call, access mode, Ask ask) {
  auto loaded = load(call);
  if (!loaded)
    return refuse_configuration(loaded.error());
  auto& store = loaded->values.store;
  return ask(database_options{.url = store.url,
                              .access = mode,
                              .node = node_id::make(),
                              .timeout = store.timeout,
                              .create = mode == access::read_write});
}

template <class T>
int print_rows(const invocation& call, const std::vector<list_column>& columns,
               const std::vector<T>& rows) {
  return print_list(call, {}, columns,
                    [&](const page_request&) -> result<page<json>> {
                      auto out = page<json>{};
                      for (auto& x : rows)
                        out.items.push_back(to_json(x));
                      return out;
                    });
}

// Prints the migrations, and below a table what was done to them.
int print_report(const invocation& call, const result<migration_report>& found,
                 const char* done) {
  static const auto columns = std::vector<list_column>{
    {"number", "/number", true},
    {"name", "/name"},
    {"applied at", "/applied_at"},
  };
  if (!found)
    return report(found.error());
  auto status = print_rows(call, columns, found->rows);
  if (status == exit_ok && done != nullptr
      && call.format_or_table() == output_format::table)
    return print_stdout(std::to_string(found->changed) + ' ' + done + '\n');
  return status;
}

int up(const invocation& call, const migrate_options& how) {
  return with_store(call, access::read_write, [&](const database_options& at) {
    return print_report(call, migrate_up(at, how),
                        how.dry_run ? "would be applied" : "applied");
  });
}

int down(const invocation& call, const migrate_options& how) {
  return with_store(call, access::read_write, [&](const database_options& at) {
    return print_report(call, migrate_down(at, how),
                        how.dry_run ? "would be taken back" : "taken back");
  });
}

int status(const invocation& call, const no_arguments&) {
  return with_store(call, access::read_only, [&](const database_options& at) {
    return print_report(call, migration_status(at), nullptr);
  });
}

int verify(const invocation& call, const no_arguments&) {
  static const auto columns = std::vector<list_column>{
    {"object", "/object", false, true},
    {"problem", "/problem", false, true},
  };
  return with_store(call, access::read_only, [&](const database_options& at) {
    auto drifts = verify_schema(at);
    if (!drifts)
      return report(drifts.error());
    if (drifts->empty() && call.format_or_table() == output_format::table)
      return print_stdout("The schema is what its migrations make\n");
    auto printed = print_rows(call, columns, *drifts);
    return drifts->empty() ? printed : exit_failed;
  });
}

template <class Action>
CLI::Option* add_change(CLI::App& group, verb& chosen, const char* name,
                        const char* help, Action action) {
  auto [sub, how] = add_verb<migrate_options>(group, chosen, name, help,
                                              action);
  sub->add_flag("--dry-run", how->dry_run, "Say what would be done");
  sub->footer("Example:\n  dspex migrate " + std::string{name}
              + " --to 1 --dry-run");
  return sub->add_option("--to", how->to, "The last migration to stay applied")
    ->type_name("N");
}

} // namespace

void add_migrate(CLI::App& app, verb& chosen) {
  auto& group = add_group(app, "migrate", "The schema of a store",
                          "  dspex migrate status\n"
                          "  dspex migrate up --store sqlite:runs.db\n"
                          "  dspex migrate down --to 1 --dry-run\n"
                          "  dspex migrate verify");
  add_change(group, chosen, "up", "Bring the schema up to date", up);
  add_change(group, chosen, "down",
             "Bring back an older schema, for an older dspex; what that has no "
             "place for is lost",
             down)
    ->required();
  add_verb<no_arguments>(group, chosen, "status", "List what is applied",
                         status);
  add_verb<no_arguments>(group, chosen, "verify",
                         "Compare the schema with what its migrations make",
                         verify);
}

} // namespace dspex::cli
