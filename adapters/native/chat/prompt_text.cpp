#include "adapters/native/chat/prompt_text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "adapters/native/chat/content_blocks.hpp"
#include "adapters/native/python/text.hpp"
#include "adapters/native/python/values.hpp"

namespace dspex {

namespace {

constexpr auto indentation = std::string_view{"        "};
constexpr auto completed_header = std::string_view{"[[ ## completed ## ]]"};

std::string header(const std::string& name) {
  return "[[ ## " + name + " ## ]]";
}

// Joins empty parts as well, as Python's `join` does.
std::string join_all(const std::vector<std::string>& parts) {
  auto result = std::string{};
  for (auto& x : parts) {
    if (&x != &parts.front())
      result += "\n\n";
    result += x;
  }
  return std::string{python_strip(result)};
}

// -- system message -----------------------------------------------------------

std::string describe(const std::vector<prompt_field>& fields) {
  auto result = std::string{};
  auto number = 0;
  for (auto& x : fields) {
    if (number > 0)
      result += '\n';
    result += std::to_string(++number) + ". `" + x.name + "` (" + x.type_name
              + "): " + x.description;
    if (!x.constraints.empty())
      result += "\nConstraints: " + x.constraints;
  }
  return std::string{python_strip(result)};
}

std::string placeholder(const prompt_field& x) {
  auto result = '{' + x.name + '}';
  if (!x.note.empty())
    result += std::string{indentation} + "# note: the value you produce "
              + x.note;
  return result;
}

std::string placeholders(const std::vector<prompt_field>& fields) {
  auto parts = std::vector<std::string>{};
  for (auto& x : fields)
    parts.push_back(header(x.name) + '\n' + placeholder(x));
  return join_all(parts);
}

std::string describe_structure(const prompt_signature& sig,
                               prompt_adapter adapter) {
  auto parts = std::vector<std::string>{
    "All interactions will be structured in the following way, with the "
    "appropriate values filled in."};
  if (adapter == prompt_adapter::chat) {
    parts.push_back(placeholders(sig.inputs));
    parts.push_back(placeholders(sig.outputs));
    parts.emplace_back(completed_header);
    return join_all(parts);
  }
  auto outputs = json::object();
  for (auto& x : sig.outputs)
    outputs[x.name] = placeholder(x);
  parts.emplace_back("Inputs will have the following structure:");
  parts.push_back(placeholders(sig.inputs));
  parts.emplace_back(
    "Outputs will be a JSON object with the following fields.");
  parts.push_back(python_json_indented(outputs));
  return join_all(parts);
}

std::string describe_objective(const std::string& instructions) {
  auto text = python_dedent(instructions);
  auto result
    = std::string{"In adhering to this structure, your objective is: "};
  for (auto line : python_splitlines(text)) {
    result += '\n';
    result += indentation;
    result += line;
  }
  return result;
}

// -- values -------------------------------------------------------------------

// Quotes of the kind that DSPy puts around the items of a list, and line ends.
constexpr auto item_marks = std::array<std::string_view, 3>{"\n", "\u00AB",
                                                            "\u00BB"};

// Nothing for what Python cannot print there.
std::optional<std::string> format_item(const json& item) {
  auto is_mark = [](const json& x) {
    return std::find(item_marks.begin(), item_marks.end(), x)
           != item_marks.end();
  };
  if (item.is_array() || item.is_object()) {
    auto has_mark = item.is_array()
                      ? std::any_of(item.begin(), item.end(), is_mark)
                      : std::any_of(item_marks.begin(), item_marks.end(),
                                    [&](auto x) { return item.contains(x); });
    return has_mark ? std::nullopt
                    : std::optional{"\u00AB" + python_repr(item) + "\u00BB"};
  }
  if (!item.is_string())
    return std::nullopt;
  auto& text = item.get_ref<const std::string&>();
  if (std::all_of(item_marks.begin(), item_marks.end(), [&](auto mark) {
        return text.find(mark) == std::string::npos;
      }))
    return "\u00AB" + text + "\u00BB";
  auto result = std::string{"\u00AB\u00AB\u00AB\n    "};
  for (auto c : text) {
    result += c;
    if (c == '\n')
      result += "    ";
  }
  return result + "\n\u00BB\u00BB\u00BB";
}

result<std::string> format_items(const prompt_field& field,
                                 const json& values) {
  if (values.empty())
    return "N/A";
  auto text = std::string{};
  auto number = 0;
  for (auto& x : values) {
    auto item = format_item(x);
    if (!item)
      return fail(errc::invalid_input,
                  "Field " + field.name
                    + " is text: a list for it must hold texts, not "
                    + dump_json(x),
                  json::object({{"field", field.name}}));
    if (values.size() == 1)
      return std::move(*item);
    if (number > 0)
      text += '\n';
    text += '[' + std::to_string(++number) + "] " + *item;
  }
  return text;
}

result<std::string> format_value(const prompt_field& field, const json& value) {
  if (value.is_array() && field.is_text())
    return format_items(field, value);
  if (!value.is_structured() && field.annotation.kind() != python_kind::image)
    return python_field_value(value);
  return python_field_value(with_markers(value, *field.annotation.type));
}

} // namespace

result<std::string> format_inputs(const std::vector<prompt_field>& fields,
                                  const json& values) {
  auto parts = std::vector<std::string>{};
  for (auto& x : fields) {
    auto i = values.find(x.name);
    if (i == values.end())
      continue;
    auto text = format_value(x, *i);
    if (!text)
      return text;
    parts.push_back(header(x.name) + '\n' + *text);
  }
  auto result = std::string{};
  for (auto& x : parts) {
    if (&x != &parts.front())
      result += "\n\n";
    result += x;
  }
  return result;
}

result<std::string> format_outputs(const std::vector<prompt_field>& outputs,
                                   const json& values, const json& missing,
                                   prompt_adapter adapter) {
  auto all = json::object();
  auto parts = std::vector<std::string>{};
  for (auto& x : outputs) {
    auto i = values.find(x.name);
    auto& value = i != values.end() ? *i : missing;
    if (adapter == prompt_adapter::json_object) {
      all[x.name] = with_markers(value, *x.annotation.type);
      continue;
    }
    auto text = format_value(x, value);
    if (!text)
      return text;
    parts.push_back(header(x.name) + '\n' + *text);
  }
  if (adapter == prompt_adapter::json_object)
    return python_json_indented(all);
  return join_all(parts) + "\n\n" + std::string{completed_header} + '\n';
}

std::string format_system(const prompt_signature& sig, prompt_adapter adapter) {
  return "Your input fields are:\n" + describe(sig.inputs)
         + "\nYour output fields are:\n" + describe(sig.outputs) + "\n"
         + describe_structure(sig, adapter) + "\n"
         + describe_objective(sig.instructions);
}

std::string format_requirements(const std::vector<prompt_field>& outputs,
                                prompt_adapter adapter) {
  auto is_chat = adapter == prompt_adapter::chat;
  auto result = std::string{
    is_chat
      ? "Respond with the corresponding output fields, starting with the field "
      : "Respond with a JSON object in the following order of fields: "};
  for (auto& x : outputs) {
    if (&x != &outputs.front())
      result += ", then ";
    result += '`' + (is_chat ? header(x.name) : x.name) + '`';
    if (x.type_name == "ToolCalls")
      result += " (must be a JSON object like {\"tool_calls\": [{\"name\": "
                "\"...\", \"args\": {...}}]})";
    else if (!x.is_text())
      result += " (must be formatted as a valid Python " + x.type_name + ")";
  }
  return is_chat ? result + ", and then ending with the marker for `"
                     + std::string{completed_header} + "`."
                 : result + '.';
}

std::string join_parts(const std::vector<std::string>& parts) {
  auto result = std::string{};
  for (auto& x : parts) {
    if (x.empty())
      continue;
    if (!result.empty())
      result += "\n\n";
    result += x;
  }
  return std::string{python_strip(result)};
}

} // namespace dspex
