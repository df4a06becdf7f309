// Runs programs that DSPy saved, with the tools that transcript.py has.
//
// usage: transcript_node BASE_URL < programs.jsonl
//
// Each line is `{"saved", "manifest", "inputs": [...]}`; for each input a line
// with the outputs or the error is printed.

#include <iostream>

#include "adapters/native/program/import.hpp"
#include "dspex/runtime.hpp"

namespace {

using namespace dspex;

std::vector<tool> make_tools() {
  auto search = tool{};
  search.name = "search";
  search.call = [](const json& x) -> result<json> {
    auto found = json::array();
    for (auto i = int64_t{1}; i <= x["k"].get<int64_t>(); ++i)
      found.push_back("fact " + std::to_string(i) + " on "
                      + x["query"].get<std::string>());
    return found;
  };
  auto add = tool{};
  add.name = "add";
  add.call = [](const json& x) -> result<json> {
    return json(x["a"].get<int64_t>() + x["b"].get<int64_t>());
  };
  return {search, add};
}

result<imported_program> import_line(const json& line) {
  auto options = import_options{};
  options.manifest = line.at("manifest");
  return import_program(line.at("saved"), options);
}

result<void> run(const std::string& base_url, const json& line) {
  auto program = import_line(line);
  if (!program)
    return fail(std::move(program.error()));
  auto options = runtime_options{};
  options.store_url = "memory:";
  options.config.lm.base_url = base_url;
  options.config.lm.model = "openai/sim";
  // The descriptions that the model reads are those of the manifest.
  for (auto& told : described_tools(program->configuration))
    for (auto& mine : make_tools())
      if (mine.name == told.name) {
        mine.description = told.description;
        mine.arguments = told.arguments;
        options.tools.push_back(mine);
      }
  auto node = runtime::start(std::move(options));
  if (!node)
    return fail(std::move(node.error()));
  auto client = node->client();
  auto module = module_options{};
  module.instructions = program->signature.instructions();
  if (auto ok = client.define_module("Saved", program->signature.to_text(),
                                     module);
      !ok)
    return ok;
  auto made = program_options{};
  made.adapter = "native";
  made.configuration = program->configuration;
  auto record = client.create_program("Saved", made);
  if (!record)
    return fail(std::move(record.error()));
  if (auto ready = client.initialize_program(record->id); !ready)
    return fail(std::move(ready.error()));
  for (auto& inputs : line.at("inputs")) {
    auto answer = client.execute_program(record->id, inputs);
    auto printed = json::object();
    if (answer)
      printed["outputs"] = *answer->outputs;
    else
      printed["error"] = to_string(answer.error());
    std::cout << dump_json(printed) << std::endl;
  }
  node->shutdown();
  return {};
}

} // namespace

int main(int argc, char** argv) {
  auto text = std::string{};
  while (argc == 2 && std::getline(std::cin, text)) {
    auto line = parse_json(text);
    auto done
      = line ? run(argv[1], *line)
             : result<void>{fail(errc::invalid_input, to_string(line.error()))};
    if (!done) {
      std::cerr << to_string(done.error()) << std::endl;
      return 1;
    }
  }
  return 0;
}
