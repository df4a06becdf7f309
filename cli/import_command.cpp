#include "cli/import_command.hpp"

#include <filesystem>
#include <fstream>

#include "adapters/native/program/import.hpp"
#include "cli/assignments.hpp"
#include "cli/messages.hpp"
#include "cli/render.hpp"

namespace dspex::cli {

namespace {

struct import_arguments {
  std::string file;
  std::optional<std::string> manifest;
  std::string module;
  std::string signature;
  std::string version = "1.0.0";
  std::optional<std::string> name;
};

error refuse_pickle(const std::string& file) {
  return {errc::invalid_option,
          file
            + " is a pickle, which may run code when it is read: save the "
              "program as x.json"};
}

result<json> read_saved(const std::string& file, size_t max_bytes) {
  if (std::filesystem::is_directory(file))
    return fail(refuse_pickle(file));
  auto start = std::string(1, '\0');
  auto in = std::ifstream{file, std::ios::binary};
  in.read(start.data(), 1);
  if (is_pickle(file, in ? start : std::string{}))
    return fail(refuse_pickle(file));
  return read_object('@' + file, max_bytes);
}

result<imported_program> read_program(const import_arguments& given,
                                      size_t max_bytes) {
  auto saved = read_saved(given.file, max_bytes);
  if (!saved)
    return fail(std::move(saved.error()));
  auto options = import_options{};
  options.signature = given.signature;
  if (given.manifest) {
    auto manifest = read_object('@' + *given.manifest, max_bytes);
    if (!manifest)
      return fail(std::move(manifest.error()));
    options.manifest = std::move(*manifest);
  }
  return import_program(*saved, options);
}

int import_verb(const invocation& call, const import_arguments& given) {
  auto loaded = load(call);
  if (!loaded)
    return refuse_configuration(loaded.error());
  auto program = read_program(given, loaded->values.limits.max_document_bytes);
  if (!program)
    return report(program.error());
  for (auto& note : program->notes)
    print_notice(given.file + ": " + note);
  return with_node(call, false, [&](runtime& node) {
    auto where = node.client();
    auto module = module_options{};
    module.instructions = program->signature.instructions();
    module.version = given.version;
    auto options = program_options{};
    options.name = given.name;
    options.adapter = "native";
    options.configuration = std::move(program->configuration);
    auto record
      = where.define_module(given.module, program->signature.to_text(), module)
          .and_then(
            [&] { return where.create_program(given.module, options); });
    return record ? print_object(call, to_json(*record))
                  : report(record.error());
  });
}

} // namespace

void add_import(CLI::App& group, verb& chosen) {
  auto [sub, given] = add_verb<import_arguments>(
    group, chosen, "import", "Record a program that DSPy saved as a draft",
    import_verb);
  sub->add_option("file", given->file, "What program.save(\"x.json\") wrote")
    ->type_name("FILE")
    ->required();
  sub
    ->add_option("--manifest", given->manifest,
                 "What python -m dspex_worker.export wrote beside it")
    ->type_name("FILE");
  sub->add_option("--module", given->module, "The signature module to define")
    ->type_name("MODULE")
    ->required();
  sub
    ->add_option("--signature", given->signature,
                 "What the program was made with, if there is no manifest")
    ->type_name("TEXT");
  sub->add_option("--version", given->version, "Of the module (1.0.0)")
    ->type_name("VERSION");
  sub->add_option("--name", given->name, "Its name (the module's)")
    ->type_name("NAME");
  sub->footer("Example:\n  dspex program import triage.json --module "
              "Support.Triage \\\n    --signature 'ticket -> category'");
}

} // namespace dspex::cli
