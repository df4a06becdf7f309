#include <future>
#include <poll.h>

#include "cli/assignments.hpp"
#include "cli/import_command.hpp"
#include "cli/interrupt.hpp"
#include "cli/list_verb.hpp"
#include "cli/run_events.hpp"
#include "cli/verb.hpp"

namespace dspex::cli {

namespace {

// -- create and list ----------------------------------------------------------

struct program_create_arguments {
  std::string module;
  std::optional<std::string> name;
  std::optional<std::string> adapter;
  std::vector<std::string> sets;
};

int create_program(const invocation& call,
                   const program_create_arguments& given) {
  auto settings = read_settings(given.sets);
  if (!settings) {
    report(settings.error());
    return exit_usage;
  }
  auto options = program_options{};
  options.name = given.name;
  options.adapter = given.adapter;
  options.configuration = std::move(*settings);
  return with_node(call, false, [&](runtime& node) {
    auto record = node.client().create_program(given.module, options);
    if (!record)
      return report(record.error());
    return print_object(call, to_json(*record));
  });
}

struct program_list_arguments {
  list_options page;
  program_filter filter;
  std::optional<std::string> signature;
  std::optional<std::string> status;
};

int list_programs(const invocation& call, const program_list_arguments& given) {
  static const auto columns = std::vector<list_column>{
    {"id", "/id", false, true},
    {"name", "/name"},
    {"signature", "/signature/module"},
    {"version", "/signature/version"},
    {"adapter", "/adapter_type"},
    {"status", "/status", false, true},
    {"runs", "/execution_count", true},
    {"last run", "/last_executed_at", false, true},
  };
  return with_node(call, true, [&](runtime& node) {
    auto client = node.client();
    auto filter = given.filter;
    if (given.status)
      filter.status = program_status_from_string(*given.status);
    if (given.signature) {
      auto signature = client.get_signature(*given.signature);
      if (!signature)
        return report(signature.error());
      filter.signature = signature->id;
    }
    return print_list(
      call, given.page, columns, [&](const page_request& where) {
        return to_json_page(client.list_programs(filter, where));
      });
  });
}

// -- one program --------------------------------------------------------------

struct program_arguments {
  std::string program;
};

void add_program_argument(CLI::App& sub, std::string& program) {
  sub.add_option("program", program, "Id or name")
    ->type_name("ID|NAME")
    ->required();
}

// Makes a verb that prints what `call` answers for one program.
template <class Call>
void add_program_verb(CLI::App& group, verb& chosen, const char* name,
                      const char* help, bool read_only, Call ask) {
  auto action = [=](const invocation& call, const program_arguments& given) {
    return with_node(call, read_only, [&](runtime& node) {
      auto answer = (node.client().*ask)(record_ref{given.program});
      if (!answer)
        return report(answer.error());
      return print_object(call, to_json(*answer));
    });
  };
  auto [sub, given] = add_verb<program_arguments>(group, chosen, name, help,
                                                  action);
  add_program_argument(*sub, given->program);
}

// -- changes ------------------------------------------------------------------

struct change_arguments {
  std::string program;
  std::optional<std::string> name;
  std::vector<std::string> sets;
};

// Returns the configuration of a program with some keys changed, where a null
// takes a key away, or nothing if no change was asked for.
result<std::optional<json>>
changed_configuration(const client& where, const change_arguments& given) {
  if (given.sets.empty())
    return std::nullopt;
  return read_settings(given.sets).and_then([&](const json& changes) {
    return where.get_program(given.program)
      .map([&](const program_record& x) -> std::optional<json> {
        auto out = *x.configuration;
        out.merge_patch(changes);
        return out;
      });
  });
}

// Makes a verb that does `action(client, given, configuration)`.
template <class Action>
auto with_changes(Action action) {
  return [=](const invocation& call, const change_arguments& given) {
    if (auto ok = read_settings(given.sets); !ok) {
      report(ok.error());
      return exit_usage;
    }
    return static_cast<exit_status>(with_node(call, false, [&](runtime& node) {
      auto client = node.client();
      auto record = changed_configuration(client, given)
                      .and_then([&](const std::optional<json>& x) {
                        return action(client, given, x);
                      });
      if (!record)
        return report(record.error());
      return print_object(call, to_json(*record));
    }));
  };
}

result<program_record>
update_program(const client& where, const change_arguments& given,
               const std::optional<json>& configuration) {
  return where.update_program(given.program, {given.name, configuration});
}

result<program_record> reinitialize(const client& where,
                                    const change_arguments& given,
                                    const std::optional<json>& configuration) {
  return where.reinitialize_program(given.program, configuration);
}

void add_set_option(CLI::App& sub, std::vector<std::string>& sets) {
  sub
    .add_option("--set", sets,
                "A key of its configuration, null to take it away; may be "
                "repeated")
    ->type_name("KEY=VALUE")
    ->allow_extra_args(false);
}

void add_update(CLI::App& group, verb& chosen) {
  auto [sub, given] = add_verb<change_arguments>(
    group, chosen, "update", "Change its name or configuration",
    with_changes(update_program));
  add_program_argument(*sub, given->program);
  auto* changes = sub->add_option_group("changes");
  changes->add_option("--name", given->name, "A new name")->type_name("NAME");
  add_set_option(*changes, given->sets);
  changes->require_option(1, 2);
  sub->footer("Examples:\n"
              "  dspex program update triage --name support-triage\n"
              "  dspex program update support-triage --set timeout_ms=5000");
}

void add_reinitialize(CLI::App& group, verb& chosen) {
  auto [sub, given] = add_verb<change_arguments>(
    group, chosen, "reinitialize",
    "Prepare its backend again, maybe with other settings",
    with_changes(reinitialize));
  add_program_argument(*sub, given->program);
  add_set_option(*sub, given->sets);
  sub->footer("Examples:\n"
              "  dspex program reinitialize support-triage\n"
              "  dspex program reinitialize support-triage --set "
              "lm.temperature=0.2");
}

struct destroy_arguments {
  std::string program;
  destroy_options options;
};

int destroy_program(const invocation& call, const destroy_arguments& given) {
  return with_node(call, false, [&](runtime& node) {
    auto client = node.client();
    auto record = client.get_program(given.program);
    if (!record)
      return report(record.error());
    if (auto ok = client.destroy_program(record->id, given.options); !ok)
      return report(ok.error());
    auto out = json::object();
    out["destroyed"] = to_string(record->id);
    return print_object(call, out);
  });
}

void add_destroy(CLI::App& group, verb& chosen) {
  auto [sub, given] = add_verb<destroy_arguments>(
    group, chosen, "destroy", "Delete a draft or archived program",
    destroy_program);
  add_program_argument(*sub, given->program);
  sub->add_flag("--cascade", given->options.cascade,
                "Its executions too; else they keep it");
  sub->footer("Examples:\n"
              "  dspex program destroy support-triage\n"
              "  dspex program destroy support-triage --cascade");
}

// -- execute ------------------------------------------------------------------

struct execute_arguments {
  std::string program;
  std::string inputs;
  std::optional<uint64_t> timeout_ms;
  std::optional<std::string> idempotency_key;
};

// Waits for the end of one run. Ctrl-C cancels the run, and its end is waited
// for all the same.
result<execution_result> run_once(const client& where,
                                  const std::string& program, json inputs,
                                  json options) {
  auto events = std::make_shared<run_events>(1);
  auto interrupt_fd = catch_interrupt();
  auto id = where.execute_program_async(
    program, std::move(inputs), std::move(options),
    [events](result<execution_result> outcome) {
      events->push_finished({1, std::move(outcome)});
    });
  while (true) {
    pollfd ready[] = {{events->fd(), POLLIN, 0}, {interrupt_fd, POLLIN, 0}};
    ::poll(ready, interrupted() ? 1 : 2, interrupted() ? cancel_interval : -1);
    if (auto finished = events->take_finished(); !finished.empty())
      return std::move(finished.front().outcome);
    if (interrupted())
      static_cast<void>(where.cancel(id));
  }
}

json to_json(const execution_result& x) {
  auto out = json::object();
  out["execution_id"] = to_string(x.id);
  out["status"] = to_string(x.status);
  out["outputs"] = *x.outputs;
  out["duration_ms"] = x.duration_ms();
  return out;
}

int execute(const invocation& call, const execute_arguments& given) {
  auto loaded = load(call);
  if (!loaded)
    return refuse_configuration(loaded.error());
  auto inputs = read_object(given.inputs,
                            loaded->values.limits.max_document_bytes);
  if (!inputs)
    return report(inputs.error());
  auto options = json::object();
  if (given.timeout_ms)
    options["timeout_ms"] = *given.timeout_ms;
  if (given.idempotency_key)
    options["idempotency_key"] = *given.idempotency_key;
  return with_node(call, false, [&](runtime& node) -> int {
    auto outcome = run_once(node.client(), given.program, std::move(*inputs),
                            std::move(options));
    auto status = outcome ? print_object(call, to_json(*outcome))
                          : report(outcome.error());
    return interrupted() ? exit_interrupted : status;
  });
}

void add_execute(CLI::App& group, verb& chosen) {
  auto [sub, given] = add_verb<execute_arguments>(
    group, chosen, "execute", "Run a program once", execute);
  add_program_argument(*sub, given->program);
  sub->add_option("--inputs", given->inputs, "The input fields")
    ->type_name("JSON|@FILE")
    ->required();
  sub
    ->add_option("--timeout-ms", given->timeout_ms,
                 "For this run (the program's timeout_ms)")
    ->type_name("N");
  sub
    ->add_option("--idempotency-key", given->idempotency_key,
                 "Run once for this key; sent again, answer again")
    ->type_name("KEY");
  sub->footer(
    "Examples:\n"
    "  dspex program execute support-triage --inputs "
    "'{\"ticket\": \"I was charged twice.\"}'\n"
    "  dspex program execute support-triage --inputs @ticket.json \\\n"
    "    --idempotency-key ticket-4711 --timeout-ms 5000");
}

} // namespace

void add_program(CLI::App& app, verb& chosen) {
  auto& group = add_group(app, "program",
                          "Signatures bound to models, ready to run",
                          "  dspex program list --status ready\n"
                          "  dspex program show support-triage\n"
                          "  dspex program initialize support-triage\n"
                          "  dspex program stats support-triage -f json\n"
                          "  dspex program archive support-triage");
  {
    auto [sub, given] = add_verb<program_create_arguments>(
      group, chosen, "create", "Record a program as a draft", create_program);
    sub->add_option("--module", given->module, "Its signature module")
      ->type_name("MODULE")
      ->required();
    sub->add_option("--name", given->name, "Its name (the module's)")
      ->type_name("NAME");
    sub->add_option("--adapter", given->adapter, "native, python_port or mock")
      ->type_name("NAME");
    sub
      ->add_option("--set", given->sets,
                   "A key of its configuration; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
    sub->footer("Example:\n  dspex program create --module Support.Triage "
                "--name triage \\\n    --set timeout_ms=1000 --set "
                "lm.temperature=0.2");
  }
  {
    auto [sub, given] = add_verb<program_list_arguments>(
      group, chosen, "list", "List programs, newest first", list_programs);
    sub->add_option("--name", given->filter.name, "With this name")
      ->type_name("NAME");
    sub->add_option("--adapter", given->filter.adapter_type, "On this backend")
      ->type_name("NAME");
    sub->add_option("--signature", given->signature, "On this signature")
      ->type_name("ID|NAME");
    sub->add_option("--status", given->status, "In this state")
      ->type_name("STATUS")
      ->check(
        CLI::IsMember({"draft", "initializing", "ready", "error", "archived"}))
      ->option_text("draft|initializing|ready|error|archived");
    add_list_options(*sub, given->page);
  }
  add_import(group, chosen);
  add_program_verb(group, chosen, "show", "Show one program", true,
                   &client::get_program);
  add_program_verb(group, chosen, "initialize",
                   "Prepare its backend, so that it is ready", false,
                   &client::initialize_program);
  add_reinitialize(group, chosen);
  add_execute(group, chosen);
  add_update(group, chosen);
  add_program_verb(group, chosen, "stats", "Totals and durations of its runs",
                   true, &client::get_stats);
  add_program_verb(group, chosen, "archive", "Let it take no more runs", false,
                   &client::archive_program);
  add_destroy(group, chosen);
}

} // namespace dspex::cli
