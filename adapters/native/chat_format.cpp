#include "adapters/native/chat_format.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "adapters/native/python_text.hpp"
#include "adapters/native/python_types.hpp"
#include "signatures/plain_type.hpp"

namespace dspex {

namespace {

constexpr auto indentation = std::string_view{"        "};
constexpr auto completed_header = std::string_view{"[[ ## completed ## ]]"};

std::string header(const std::string& name) {
  return "[[ ## " + name + " ## ]]";
}

std::string listed(const std::vector<field>& fields) {
  auto result = std::string{};
  for (auto& x : fields) {
    if (!result.empty())
      result += ", ";
    result += '`' + x.name + '`';
  }
  return result;
}

// The order of DSPy's own, which prints them as they are written.
constexpr auto constraint_names
  = std::array<std::pair<std::string_view, std::string_view>, 7>{{
    {"min", "greater than or equal to: "},
    {"max", "less than or equal to: "},
    {"min_length", "minimum length: "},
    {"max_length", "maximum length: "},
    {"min_size", "minimum length: "},
    {"max_size", "maximum length: "},
    {"multiple_of", "a multiple of the given number: "},
  }};

std::string choices_text(const json& choices) {
  auto result = std::string{};
  for (auto& x : choices) {
    if (!result.empty())
      result += "; ";
    result += python_field_value(x);
  }
  return result;
}

std::string constraints_text(const json& constraints) {
  auto result = std::string{};
  auto add = [&](std::string_view text) {
    if (!result.empty())
      result += ", ";
    result += text;
  };
  for (auto& [name, words] : constraint_names)
    if (auto i = constraints.find(name); i != constraints.end())
      add(std::string{words} + python_field_value(*i));
  if (auto i = constraints.find("pattern"); i != constraints.end())
    add("matching the pattern: " + python_field_value(*i));
  if (auto i = constraints.find("one_of"); i != constraints.end())
    add("one of: " + choices_text(*i));
  if (auto i = constraints.find("unique"); i != constraints.end() && *i == true)
    add("all elements distinct");
  return result;
}

std::string describe(const std::vector<field>& fields) {
  auto result = std::string{};
  auto number = 0;
  for (auto& x : fields) {
    if (number > 0)
      result += '\n';
    result += std::to_string(++number) + ". `" + x.name + "` ("
              + python_type_name(x.type) + "): ";
    // DSPy's way to say that there is no description.
    if (x.description != "${" + x.name + "}")
      result += x.description;
    if (auto text = constraints_text(x.type.constraints); !text.empty())
      result += "\nConstraints: " + text;
  }
  return std::string{python_strip(result)};
}

std::string output_note(const field_type& type) {
  switch (type.kind) {
    case type_kind::str:
      return "";
    case type_kind::boolean:
      return "must be True or False";
    case type_kind::integer:
      return "must be a single int value";
    case type_kind::floating:
      return "must be a single float value";
    case type_kind::literal:
      return "must exactly match (no extra characters) one of: "
             + choices_text(json(type.choices));
    default:
      return "must adhere to the JSON schema: "
             + python_json(python_type_schema(type));
  }
}

std::string join_stripped(const std::vector<std::string>& parts) {
  auto result = std::string{};
  for (auto& x : parts) {
    if (&x != &parts.front())
      result += "\n\n";
    result += x;
  }
  return std::string{python_strip(result)};
}

std::string describe_structure(const chat_task& task) {
  auto inputs = std::vector<std::string>{};
  for (auto& x : task.inputs)
    inputs.push_back(header(x.name) + "\n{" + x.name + "}");
  auto outputs = std::vector<std::string>{};
  for (auto& x : task.outputs) {
    auto text = header(x.name) + "\n{" + x.name + "}";
    if (auto note = output_note(x.type); !note.empty())
      text += std::string{indentation} + "# note: the value you produce "
              + note;
    outputs.push_back(std::move(text));
  }
  return join_stripped({"All interactions will be structured in the following "
                        "way, with the appropriate values filled in.",
                        join_stripped(inputs), join_stripped(outputs),
                        std::string{completed_header}});
}

// `textwrap.dedent` of text that `cleandoc` has made: there is no margin left,
// only lines of blanks become empty.
std::string empty_blank_lines(const std::string& text) {
  auto result = std::string{};
  for (auto rest = std::string_view{text};;) {
    auto end = rest.find('\n');
    auto line = rest.substr(0, end);
    if (line.find_first_not_of(" \t") != std::string_view::npos)
      result += line;
    if (end == std::string_view::npos)
      return result;
    result += '\n';
    rest.remove_prefix(end + 1);
  }
}

std::string describe_objective(const std::string& instructions) {
  auto text = empty_blank_lines(python_cleandoc(instructions));
  auto result
    = std::string{"In adhering to this structure, your objective is: "};
  for (auto line : python_splitlines(text)) {
    result += '\n';
    result += indentation;
    result += line;
  }
  return result;
}

std::string requirements(const std::vector<field>& outputs) {
  auto result = std::string{"Respond with the corresponding output fields, "
                            "starting with the field "};
  for (auto& x : outputs) {
    if (&x != &outputs.front())
      result += ", then ";
    result += '`' + header(x.name) + '`';
    if (x.type.kind != type_kind::str)
      result += " (must be formatted as a valid Python "
                + python_type_name(x.type) + ")";
  }
  return result + ", and then ending with the marker for `"
         + std::string{completed_header} + "`.";
}

} // namespace

chat_task make_chat_task(const any_signature& sig, chat_module how) {
  auto task = chat_task{sig.inputs(), sig.outputs(), sig.instructions()};
  for (auto* fields : {&task.inputs, &task.outputs})
    for (auto& x : *fields)
      x.type = detail::plain_type(x.type);
  // The default does not mention the reasoning: DSPy computes it before.
  if (task.instructions.empty())
    task.instructions = "Given the fields " + listed(task.inputs)
                        + ", produce the fields " + listed(task.outputs) + ".";
  if (how == chat_module::chain_of_thought) {
    // Deriving a signature cleans its instructions once more than reading it.
    task.instructions = python_cleandoc(task.instructions);
    auto reasoning = field{};
    reasoning.name = reasoning_field;
    task.outputs.insert(task.outputs.begin(), std::move(reasoning));
  }
  return task;
}

std::string render_system_message(const chat_task& task) {
  return "Your input fields are:\n" + describe(task.inputs)
         + "\nYour output fields are:\n" + describe(task.outputs) + "\n"
         + describe_structure(task) + "\n"
         + describe_objective(task.instructions);
}

std::string render_user_message(const chat_task& task, const json& inputs) {
  auto parts = std::vector<std::string>{};
  for (auto& x : task.inputs)
    if (auto i = inputs.find(x.name); i != inputs.end())
      parts.push_back(header(x.name) + "\n" + python_field_value(*i));
  parts.push_back(requirements(task.outputs));
  return join_stripped(parts);
}

} // namespace dspex
