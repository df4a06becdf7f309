#include <iostream>
#include <string>

#include "adapters/native/program/import.hpp"
#include "adapters/native/program/plan.hpp"
#include "cli/assignments.hpp"
#include "cli/prompt_case.hpp"
#include "cli/render.hpp"
#include "cli/text_sink.hpp"
#include "cli/verb.hpp"

namespace dspex::cli {

namespace {

constexpr auto prompt_examples
  = R"(  dspex prompt show support-triage --inputs '{"ticket": "It is broken."}'
  dspex prompt render < cases.jsonl
  dspex prompt parse < replies.jsonl)";

struct case_arguments {};

/// Answers each line, which holds a case, with a line.
int answer_cases(json (*answer)(const json&)) {
  auto out = text_sink::standard_output();
  auto line = std::string{};
  while (std::getline(std::cin, line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos)
      continue;
    auto the_case = parse_json(line);
    auto reply = the_case ? answer(*the_case) : json::object();
    if (!the_case)
      reply["error"] = json::object({{"code", to_string(errc::invalid_input)},
                                     {"message", to_string(the_case.error())}});
    if (auto ok = out.write(dump_json(reply) + '\n'); !ok)
      return report(ok.error());
  }
  return exit_ok;
}

struct show_arguments {
  std::string program;
  std::string inputs;
};

/// Prints what the first request of a run would say.
result<json> first_messages(const client& where, const show_arguments& given,
                            json inputs) {
  auto program = where.get_program(given.program);
  if (!program)
    return fail(std::move(program.error()));
  if (program->adapter_type != "native")
    return fail(errc::invalid_option,
                "Only the native adapter can show what it would say; "
                  + program->name + " runs on " + program->adapter_type);
  auto record = where.get_signature(to_string(program->signature.id));
  if (!record)
    return fail(std::move(record.error()));
  auto sig = any_signature::from_json(*record->inputs, *record->outputs,
                                      record->instructions);
  if (!sig)
    return fail(std::move(sig.error()));
  auto problems = sig->validate(side::inputs, inputs);
  if (!problems.empty())
    return fail(errc::invalid_input,
                "Input validation failed: " + problems.front().message);
  auto plan = plan_program(*sig, *program->configuration,
                           described_tools(*program->configuration));
  if (!plan)
    return fail(std::move(plan.error()));
  auto asked = predictor_inputs(*plan, inputs);
  if (!asked)
    return asked;
  return plan->main.first.messages(*asked);
}

int show(const invocation& call, const show_arguments& given) {
  auto loaded = load(call);
  if (!loaded)
    return refuse_configuration(loaded.error());
  auto inputs = read_object(given.inputs,
                            loaded->values.limits.max_document_bytes);
  if (!inputs)
    return report(inputs.error());
  return with_node(call, true, [&](runtime& node) {
    auto messages = first_messages(node.client(), given, std::move(*inputs));
    if (!messages)
      return report(messages.error());
    if (call.format_or_table() != output_format::table)
      return print_stdout(dump_json(*messages) + '\n');
    auto text = std::string{};
    for (auto& x : *messages) {
      auto& content = x["content"];
      text += "----- " + x["role"].get<std::string>() + "\n"
              + (content.is_string() ? content.get<std::string>()
                                     : pretty_json(content))
              + '\n';
    }
    return print_stdout(text);
  });
}

} // namespace

void add_prompt(CLI::App& app, verb& chosen) {
  auto& group = add_group(app, "prompt", "Show what models are told",
                          prompt_examples);
  auto [sub, given] = add_verb<show_arguments>(
    group, chosen, "show", "Print the messages that a program would send",
    show);
  sub->add_option("program", given->program, "Id or name")
    ->required()
    ->type_name("PROGRAM");
  sub
    ->add_option("--inputs", given->inputs,
                 "The inputs: a JSON object, or a file that has one")
    ->required()
    ->type_name("JSON|@FILE");
  add_verb<case_arguments>(
    group, chosen, "render",
    "Print the messages of cases on stdin, one JSON object a line",
    [](const invocation&, const case_arguments&) {
      return answer_cases(render_case);
    });
  add_verb<case_arguments>(
    group, chosen, "parse",
    "Print the fields of replies on stdin, one JSON object a line",
    [](const invocation&, const case_arguments&) {
      return answer_cases(parse_case);
    });
}

} // namespace dspex::cli
