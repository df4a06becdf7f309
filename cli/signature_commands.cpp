#include "cli/list_verb.hpp"
#include "cli/verb.hpp"
#include "dspex/json_schema.hpp"

namespace dspex::cli {

namespace {

struct signature_create_arguments {
  std::string module;
  std::string signature;
  module_options more;
  std::optional<std::string> name;
};

int create_signature(const invocation& call,
                     const signature_create_arguments& given) {
  return with_node(call, false, [&](runtime& node) {
    auto client = node.client();
    auto record
      = client.define_module(given.module, given.signature, given.more)
          .and_then([&] {
            return client.create_signature_from_module(given.module, given.name,
                                                       given.more.description);
          });
    if (!record)
      return report(record.error());
    return print_object(call, to_json(*record));
  });
}

struct signature_list_arguments {
  list_options page;
  signature_filter filter;
  std::optional<std::string> status;
};

int list_signatures(const invocation& call,
                    const signature_list_arguments& given) {
  static const auto columns = std::vector<list_column>{
    {"id", "/id", false, true},
    {"name", "/name"},
    {"module", "/module"},
    {"version", "/version"},
    {"status", "/status", false, true},
    {"recorded at", "/inserted_at", false, true},
  };
  return with_node(call, true, [&](runtime& node) {
    auto client = node.client();
    auto filter = given.filter;
    if (given.status)
      filter.status = signature_status_from_string(*given.status);
    return print_list(
      call, given.page, columns, [&](const page_request& where) {
        return to_json_page(client.list_signatures(filter, where));
      });
  });
}

struct signature_arguments {
  std::string signature;
};

template <class Call>
void add_signature_verb(CLI::App& group, verb& chosen, const char* name,
                        const char* help, bool read_only, Call ask) {
  auto action = [=](const invocation& call, const signature_arguments& given) {
    return with_node(call, read_only, [&](runtime& node) {
      auto record = (node.client().*ask)(record_ref{given.signature});
      if (!record)
        return report(record.error());
      return print_object(call, to_json(*record));
    });
  };
  auto [sub, given] = add_verb<signature_arguments>(group, chosen, name, help,
                                                    action);
  sub->add_option("signature", given->signature, "Id or name")
    ->type_name("ID|NAME")
    ->required();
}

// -- changes ------------------------------------------------------------------

struct update_arguments {
  std::string signature;
  signature_changes changes;
};

int update_signature(const invocation& call, const update_arguments& given) {
  return with_node(call, false, [&](runtime& node) {
    auto record = node.client().update_signature(given.signature,
                                                 given.changes);
    if (!record)
      return report(record.error());
    return print_object(call, to_json(*record));
  });
}

int destroy_signature(const invocation& call,
                      const signature_arguments& given) {
  return with_node(call, false, [&](runtime& node) {
    auto client = node.client();
    auto record = client.get_signature(given.signature);
    if (!record)
      return report(record.error());
    if (auto ok = client.destroy_signature(record->id); !ok)
      return report(ok.error());
    auto out = json::object();
    out["destroyed"] = to_string(record->id);
    return print_object(call, out);
  });
}

// -- validate -----------------------------------------------------------------

// Returns the module that an argument names; the id of a record stands for the
// module of that record.
result<std::string> module_of(const client& where, const std::string& ref) {
  if (!signature_id::parse(ref))
    return ref;
  return where.get_signature(ref).map(
    [](const signature_record& x) { return x.module; });
}

int validate(const invocation& call, const signature_arguments& given) {
  return with_node(call, true, [&](runtime& node) {
    auto client = node.client();
    auto module = module_of(client, given.signature);
    if (!module)
      return report(module.error());
    auto found = client.explain_module(*module);
    if (!found)
      return report(found.error());
    auto out = json::object();
    out["module"] = *module;
    out["valid"] = found->valid;
    out["reasons"] = found->reasons;
    if (found->valid) {
      auto& adapters = out["adapters"] = json::object();
      for (auto& [type, why_not] : found->adapters)
        adapters[type] = why_not.empty() ? json(nullptr) : json(why_not);
    }
    auto status = print_object(call, out);
    return found->valid ? status : int{exit_failed};
  });
}

// -- schema -------------------------------------------------------------------

struct schema_arguments {
  std::string signature;
  std::string side;
  std::string provider;
  bool loose = false;
};

int schema(const invocation& call, const schema_arguments& given) {
  auto which = given.side == "inputs" ? side::inputs : side::outputs;
  auto provider = *schema_provider_from_string(given.provider);
  return with_node(call, true, [&](runtime& node) {
    auto made = node.client()
                  .get_signature(given.signature)
                  .and_then([](const signature_record& x) {
                    return any_signature::from_json(*x.inputs, *x.outputs,
                                                    x.instructions);
                  })
                  .and_then([&](const any_signature& x) {
                    return json_schema(x, which, provider,
                                       {.strict = !given.loose});
                  });
    if (!made)
      return report(made.error());
    // A schema is JSON: a table of it would be of no use.
    auto text = call.format == output_format::jsonl ? dump_json(*made)
                                                    : pretty_json(*made);
    return print_stdout(text + '\n');
  });
}

} // namespace

void add_signature(CLI::App& app, verb& chosen) {
  auto& group = add_group(app, "signature", "Versions of typed contracts",
                          "  dspex signature list --module Support.Triage\n"
                          "  dspex signature show Support.Triage\n"
                          "  dspex signature activate Support.Triage\n"
                          "  dspex signature deprecate Support.Triage");
  {
    auto [sub, given] = add_verb<signature_create_arguments>(
      group, chosen, "create", "Define a module and record it",
      create_signature);
    sub->add_option("--module", given->module, "E.g. Support.Triage")
      ->type_name("MODULE")
      ->required();
    sub->add_option("--signature", given->signature, "INPUTS -> OUTPUTS")
      ->type_name("TEXT")
      ->required();
    sub
      ->add_option("--instructions", given->more.instructions,
                   "What the model is asked to do")
      ->type_name("TEXT");
    sub->add_option("--version", given->more.version, "Its version (1.0.0)")
      ->type_name("N.N.N");
    sub->add_option("--name", given->name, "For people (the module)")
      ->type_name("NAME");
    sub->add_option("--description", given->more.description, "For people")
      ->type_name("TEXT");
    sub->footer("Example:\n  dspex signature create --module Math.Answer \\\n"
                "    --signature 'question: str -> answer: int'");
  }
  {
    auto [sub, given] = add_verb<signature_list_arguments>(
      group, chosen, "list", "List signatures, newest first", list_signatures);
    sub->add_option("--module", given->filter.module, "Of this module")
      ->type_name("MODULE");
    sub->add_option("--name", given->filter.name, "With this name")
      ->type_name("NAME");
    sub->add_option("--status", given->status, "In this state")
      ->type_name("STATUS")
      ->check(CLI::IsMember({"draft", "active", "deprecated"}))
      ->option_text("draft|active|deprecated");
    add_list_options(*sub, given->page);
  }
  add_signature_verb(group, chosen, "show", "Show one signature", true,
                     &client::get_signature);
  add_signature_verb(group, chosen, "activate", "Turn a draft active", false,
                     &client::activate_signature);
  add_signature_verb(group, chosen, "deprecate",
                     "Let no new program be made on it", false,
                     &client::deprecate_signature);
  {
    auto [sub, given] = add_verb<update_arguments>(
      group, chosen, "update", "Change its name or description",
      update_signature);
    sub->add_option("signature", given->signature, "Id or name")
      ->type_name("ID|NAME")
      ->required();
    auto* changes = sub->add_option_group("changes");
    changes->add_option("--name", given->changes.name, "A new name")
      ->type_name("NAME");
    changes
      ->add_option("--description", given->changes.description, "For people")
      ->type_name("TEXT");
    changes->require_option(1, 2);
    sub->footer("Example:\n  dspex signature update Support.Triage "
                "--description 'First look at a ticket'");
  }
  {
    auto [sub, given] = add_verb<signature_arguments>(
      group, chosen, "destroy", "Delete one that no program refers to",
      destroy_signature);
    sub->add_option("signature", given->signature, "Id or name")
      ->type_name("ID|NAME")
      ->required();
    sub->footer("Example:\n  dspex signature destroy Support.Triage");
  }
  {
    auto [sub, given] = add_verb<signature_arguments>(
      group, chosen, "validate", "Say whether a module can be used, or why not",
      validate);
    sub->add_option("module", given->signature, "Module, or id of a record")
      ->type_name("MODULE|ID")
      ->required();
    sub->footer("Example:\n  dspex signature validate Support.Triage");
  }
  {
    auto [sub, given] = add_verb<schema_arguments>(
      group, chosen, "schema", "Print one side as a JSON Schema", schema);
    sub->add_option("signature", given->signature, "Id or name")
      ->type_name("ID|NAME")
      ->required();
    sub->add_option("--side", given->side, "Of its inputs or its outputs")
      ->check(CLI::IsMember({"inputs", "outputs"}))
      ->option_text("inputs|outputs")
      ->required();
    sub
      ->add_option("--provider", given->provider,
                   "Whose rules it keeps to; plain is the whole draft 2020-12")
      ->check(CLI::IsMember({"openai", "anthropic", "google", "plain"}))
      ->option_text("openai|anthropic|google|plain")
      ->required();
    sub->add_flag("--no-strict", given->loose,
                  "A hint only: also what the provider cannot enforce");
    sub->footer("Example:\n  dspex signature schema Support.Triage "
                "--side outputs --provider openai");
  }
}

} // namespace dspex::cli
