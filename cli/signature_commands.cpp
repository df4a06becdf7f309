#include "cli/list_verb.hpp"
#include "cli/verb.hpp"
#include "dspex/json_schema.hpp"

namespace dspex::cli {

namespace {

struct signature_create_words {
  std::string module;
  std::string signature;
  module_options more;
  std::optional<std::string> name;
};

int create_signature(const invocation& call,
                     const signature_create_words& words) {
  return with_node(call, false, [&](runtime& node) {
    auto client = node.client();
    auto record
      = client.define_module(words.module, words.signature, words.more)
          .and_then([&] {
            return client.create_signature_from_module(words.module, words.name,
                                                       words.more.description);
          });
    if (!record)
      return report(record.error());
    return print_object(call, to_json(*record));
  });
}

struct signature_list_words {
  list_options page;
  signature_filter filter;
  std::optional<std::string> status;
};

int list_signatures(const invocation& call, const signature_list_words& words) {
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
    auto filter = words.filter;
    if (words.status)
      filter.status = signature_status_from_string(*words.status);
    return print_list(
      call, words.page, columns, [&](const page_request& where) {
        return to_json_page(client.list_signatures(filter, where));
      });
  });
}

struct signature_words {
  std::string signature;
};

template <class Call>
void add_signature_verb(CLI::App& group, verb& chosen, const char* name,
                        const char* help, bool read_only, Call ask) {
  auto action = [=](const invocation& call, const signature_words& words) {
    return with_node(call, read_only, [&](runtime& node) {
      auto record = (node.client().*ask)(record_ref{words.signature});
      if (!record)
        return report(record.error());
      return print_object(call, to_json(*record));
    });
  };
  auto [sub, words] = add_verb<signature_words>(group, chosen, name, help,
                                                action);
  sub->add_option("signature", words->signature, "Id or name")
    ->type_name("ID|NAME")
    ->required();
}

// -- changes ------------------------------------------------------------------

struct update_words {
  std::string signature;
  signature_changes changes;
};

int update_signature(const invocation& call, const update_words& words) {
  return with_node(call, false, [&](runtime& node) {
    auto record = node.client().update_signature(words.signature,
                                                 words.changes);
    if (!record)
      return report(record.error());
    return print_object(call, to_json(*record));
  });
}

int destroy_signature(const invocation& call, const signature_words& words) {
  return with_node(call, false, [&](runtime& node) {
    auto client = node.client();
    auto record = client.get_signature(words.signature);
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

// The module that an argument names: an id stands for that of its record.
result<std::string> module_of(const client& where, const std::string& ref) {
  if (!signature_id::parse(ref))
    return ref;
  return where.get_signature(ref).map(
    [](const signature_record& x) { return x.module; });
}

int validate(const invocation& call, const signature_words& words) {
  return with_node(call, true, [&](runtime& node) {
    auto client = node.client();
    auto module = module_of(client, words.signature);
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

struct schema_words {
  std::string signature;
  std::string side;
  std::string provider;
  bool loose = false;
};

int schema(const invocation& call, const schema_words& words) {
  auto which = words.side == "inputs" ? side::inputs : side::outputs;
  auto provider = *schema_provider_from_string(words.provider);
  return with_node(call, true, [&](runtime& node) {
    auto made = node.client()
                  .get_signature(words.signature)
                  .and_then([](const signature_record& x) {
                    return any_signature::from_json(*x.inputs, *x.outputs,
                                                    x.instructions);
                  })
                  .and_then([&](const any_signature& x) {
                    return json_schema(x, which, provider,
                                       {.strict = !words.loose});
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
    auto [sub, words] = add_verb<signature_create_words>(
      group, chosen, "create", "Define a module and record it",
      create_signature);
    sub->add_option("--module", words->module, "E.g. Support.Triage")
      ->type_name("MODULE")
      ->required();
    sub->add_option("--signature", words->signature, "INPUTS -> OUTPUTS")
      ->type_name("TEXT")
      ->required();
    sub
      ->add_option("--instructions", words->more.instructions,
                   "What the model is asked to do")
      ->type_name("TEXT");
    sub->add_option("--version", words->more.version, "Its version (1.0.0)")
      ->type_name("N.N.N");
    sub->add_option("--name", words->name, "For people (the module)")
      ->type_name("NAME");
    sub->add_option("--description", words->more.description, "For people")
      ->type_name("TEXT");
    sub->footer("Example:\n  dspex signature create --module Math.Answer \\\n"
                "    --signature 'question: str -> answer: int'");
  }
  {
    auto [sub, words] = add_verb<signature_list_words>(
      group, chosen, "list", "List signatures, newest first", list_signatures);
    sub->add_option("--module", words->filter.module, "Of this module")
      ->type_name("MODULE");
    sub->add_option("--name", words->filter.name, "With this name")
      ->type_name("NAME");
    sub->add_option("--status", words->status, "In this state")
      ->type_name("STATUS")
      ->check(CLI::IsMember({"draft", "active", "deprecated"}))
      ->option_text("draft|active|deprecated");
    add_list_options(*sub, words->page);
  }
  add_signature_verb(group, chosen, "show", "Show one signature", true,
                     &client::get_signature);
  add_signature_verb(group, chosen, "activate", "Turn a draft active", false,
                     &client::activate_signature);
  add_signature_verb(group, chosen, "deprecate",
                     "Let no new program be made on it", false,
                     &client::deprecate_signature);
  {
    auto [sub, words] = add_verb<update_words>(group, chosen, "update",
                                               "Change its name or description",
                                               update_signature);
    sub->add_option("signature", words->signature, "Id or name")
      ->type_name("ID|NAME")
      ->required();
    auto* changes = sub->add_option_group("changes");
    changes->add_option("--name", words->changes.name, "A new name")
      ->type_name("NAME");
    changes
      ->add_option("--description", words->changes.description, "For people")
      ->type_name("TEXT");
    changes->require_option(1, 2);
    sub->footer("Example:\n  dspex signature update Support.Triage "
                "--description 'First look at a ticket'");
  }
  {
    auto [sub, words] = add_verb<signature_words>(
      group, chosen, "destroy", "Delete one that no program refers to",
      destroy_signature);
    sub->add_option("signature", words->signature, "Id or name")
      ->type_name("ID|NAME")
      ->required();
    sub->footer("Example:\n  dspex signature destroy Support.Triage");
  }
  {
    auto [sub, words] = add_verb<signature_words>(
      group, chosen, "validate", "Say whether a module can be used, or why not",
      validate);
    sub->add_option("module", words->signature, "Module, or id of a record")
      ->type_name("MODULE|ID")
      ->required();
    sub->footer("Example:\n  dspex signature validate Support.Triage");
  }
  {
    auto [sub, words] = add_verb<schema_words>(
      group, chosen, "schema", "Print one side as a JSON Schema", schema);
    sub->add_option("signature", words->signature, "Id or name")
      ->type_name("ID|NAME")
      ->required();
    sub->add_option("--side", words->side, "Of its inputs or its outputs")
      ->check(CLI::IsMember({"inputs", "outputs"}))
      ->option_text("inputs|outputs")
      ->required();
    sub
      ->add_option("--provider", words->provider,
                   "Whose rules it keeps to; plain is the whole draft 2020-12")
      ->check(CLI::IsMember({"openai", "anthropic", "google", "plain"}))
      ->option_text("openai|anthropic|google|plain")
      ->required();
    sub->add_flag("--no-strict", words->loose,
                  "A hint only: also what the provider cannot enforce");
    sub->footer("Example:\n  dspex signature schema Support.Triage "
                "--side outputs --provider openai");
  }
}

} // namespace dspex::cli
