#include "adapters/native/chat/module_signature.hpp"

#include "adapters/native/python/text.hpp"
#include "adapters/native/python/values.hpp"

namespace dspex {

namespace {

// What is read from a signature is cleaned again in the one derived from it.
void derive(prompt_signature& sig) {
  sig.instructions = python_cleandoc(sig.instructions);
}

void append_input(prompt_signature& sig, prompt_field field) {
  derive(sig);
  sig.inputs.push_back(std::move(field));
}

void append_output(prompt_signature& sig, prompt_field field) {
  derive(sig);
  sig.outputs.push_back(std::move(field));
}

void prepend_output(prompt_signature& sig, prompt_field field) {
  derive(sig);
  sig.outputs.insert(sig.outputs.begin(), std::move(field));
}

prompt_field tool_name_field(const std::vector<tool>& tools) {
  auto type = field_type{};
  type.kind = type_kind::literal;
  for (auto& x : tools)
    type.choices.emplace_back(x.name);
  type.choices.emplace_back("finish");
  auto sig = field{"next_tool_name", std::move(type), "", true};
  return make_output_field(sig);
}

prompt_field tool_arguments_field() {
  auto type = field_type{};
  type.kind = type_kind::dict;
  type.arguments.resize(2);
  type.arguments[1].kind = type_kind::any;
  return make_output_field({"next_tool_args", std::move(type), "", true});
}

std::string describe_tool(const std::string& name, std::string description,
                          const json& arguments) {
  auto result = name;
  if (description.empty()) {
    result += '.';
  } else {
    result += ", whose description is <desc>";
    for (auto c : description)
      if (c == '\n')
        result += "  ";
      else
        result += c;
    result += "</desc>.";
  }
  return result + " It takes arguments " + python_repr(arguments) + '.';
}

} // namespace

prompt_signature chain_of_thought(prompt_signature sig) {
  prepend_output(sig, text_field(reasoning_field));
  return sig;
}

prompt_signature compare_chains(prompt_signature sig, size_t attempts) {
  for (size_t i = 1; i <= attempts; ++i)
    append_input(sig, text_field("reasoning_attempt_" + std::to_string(i),
                                 "${reasoning attempt}"));
  prepend_output(sig, text_field("rationale", "${corrected reasoning}"));
  return sig;
}

prompt_signature react_step(prompt_signature sig,
                            const std::vector<tool>& tools) {
  auto inputs = listed(sig.inputs);
  auto outputs = listed(sig.outputs);
  auto text = sig.instructions;
  if (!text.empty())
    text += "\n\n";
  text
    += "You are an Agent. In each episode, you will be given the fields "
       + inputs
       + " as input. And you can see your past trajectory so far.\nYour goal "
         "is to use one or more of the supplied tools to collect any "
         "necessary information for producing "
       + outputs
       + ".\n\nTo do this, you will interleave next_thought, "
         "next_tool_name, and next_tool_args in each turn, and also when "
         "finishing the task.\nAfter each tool call, you receive a "
         "resulting observation, which gets appended to your trajectory.\n\n"
         "When writing next_thought, you may reason about the current "
         "situation and plan for future steps.\nWhen selecting the "
         "next_tool_name and its next_tool_args, the tool must be one "
         "of:\n\n";
  auto number = 0;
  for (auto& x : tools)
    text += '(' + std::to_string(++number) + ") "
            + describe_tool(x.name, x.description, x.arguments) + '\n';
  text
    += '(' + std::to_string(++number) + ") "
       + describe_tool("finish",
                       "Marks the task as complete. That is, signals that "
                       "all information for producing the outputs, i.e. "
                         + outputs + ", are now available to be extracted.",
                       json::object())
       + "\nWhen providing `next_tool_args`, the value inside the field must "
         "be in JSON format";
  sig.instructions = python_cleandoc(text);
  sig.outputs.clear();
  append_input(sig, text_field("trajectory"));
  append_output(sig, text_field("next_thought"));
  append_output(sig, tool_name_field(tools));
  append_output(sig, tool_arguments_field());
  return sig;
}

prompt_signature react_extract(prompt_signature sig) {
  derive(sig);
  append_input(sig, text_field("trajectory"));
  return chain_of_thought(std::move(sig));
}

} // namespace dspex
