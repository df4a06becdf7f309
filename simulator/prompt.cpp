#include "simulator/prompt.hpp"

#include <algorithm>
#include <optional>

#include "dspex/json.hpp"
#include "simulator/text.hpp"

namespace dspex {

namespace {

constexpr size_t max_fields = 256;

constexpr std::string_view inputs_title = "Your input fields are:";
constexpr std::string_view outputs_title = "Your output fields are:";
constexpr std::string_view structure_title
  = "All interactions will be structured in the following way";
constexpr std::string_view object_title
  = "Outputs will be a JSON object with the following fields.";
constexpr std::string_view task_title
  = "In adhering to this structure, your objective is:";
constexpr std::string_view note_title = "# note: the value you produce ";
constexpr std::string_view constraints_title = "Constraints: ";

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

/// The position of the `):` that closes a type, outside of quotes.
size_t end_of_type(std::string_view text) {
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = text[i];
    if (quote != 0) {
      if (c == '\\')
        ++i;
      else if (c == quote)
        quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == ')' && i + 1 < text.size() && text[i + 1] == ':') {
      return i;
    }
  }
  return text.find("):");
}

/// Reads ``1. `name` (type): description`` if it has that number.
std::optional<sim_field> field_line(std::string_view line, size_t number) {
  auto start = std::to_string(number) + ". `";
  if (!starts_with(line, start))
    return std::nullopt;
  line.remove_prefix(start.size());
  auto name_end = line.find('`');
  if (name_end == std::string_view::npos || name_end == 0)
    return std::nullopt;
  sim_field result;
  result.name = line.substr(0, name_end);
  line.remove_prefix(name_end + 1);
  if (!starts_with(line, " ("))
    return std::nullopt;
  line.remove_prefix(2);
  auto type_end = end_of_type(line);
  if (type_end == std::string_view::npos)
    return std::nullopt;
  result.type = line.substr(0, type_end);
  result.description = sim_trim(line.substr(type_end + 2));
  return result;
}

void add_line(sim_field& field, std::string_view line) {
  line = sim_trim(line);
  if (starts_with(line, constraints_title)) {
    field.constraints = line.substr(constraints_title.size());
  } else if (!line.empty()) {
    field.description += field.description.empty() ? "" : " ";
    field.description += line;
  }
}

sim_field* find(std::vector<sim_field>& fields, std::string_view name) {
  auto pos = std::find_if(fields.begin(), fields.end(),
                          [name](auto& f) { return f.name == name; });
  return pos == fields.end() ? nullptr : &*pos;
}

/// The name between `[[ ## ` and ` ## ]]` at the start of a line.
std::string_view header_name(std::string_view line) {
  constexpr std::string_view open = "[[ ## ";
  line = sim_trim(line);
  if (!starts_with(line, open))
    return {};
  line.remove_prefix(open.size());
  auto end = line.find(" ## ]]");
  return end == std::string_view::npos ? std::string_view{}
                                       : line.substr(0, end);
}

/// Takes the note out of `{name}        # note: the value you produce ...`.
void add_note(std::vector<sim_field>& outputs, std::string_view text) {
  text = sim_trim(text);
  auto name_end = text.find('}');
  auto note = text.find(note_title);
  if (text.empty() || text.front() != '{' || name_end >= note
      || note == std::string_view::npos)
    return;
  if (auto field = find(outputs, text.substr(1, name_end - 1)))
    field->note = sim_trim(text.substr(note + note_title.size()));
}

void read_fields(std::string_view text, std::vector<sim_field>& fields) {
  for (auto line : sim_lines(text)) {
    if (auto field = field_line(line, fields.size() + 1))
      fields.push_back(std::move(*field));
    else if (!fields.empty())
      add_line(fields.back(), line);
    if (fields.size() == max_fields)
      return;
  }
}

/// The text after a title; nothing if there is none.
std::string_view after(std::string_view text, std::string_view title) {
  auto begin = text.find(title);
  return begin == std::string_view::npos ? std::string_view{}
                                         : text.substr(begin + title.size());
}

/// The text between two titles; the whole rest if the second is missing.
std::string_view between(std::string_view text, std::string_view from,
                         std::string_view to) {
  auto rest = after(text, from);
  return rest.substr(0, rest.find(to));
}

void read_system(std::string_view text, sim_prompt& result) {
  read_fields(between(text, inputs_title, outputs_title), result.inputs);
  read_fields(between(text, outputs_title, structure_title), result.outputs);
  if (result.outputs.empty())
    return;
  result.style = sim_style::sections;
  auto structure = between(text, structure_title, task_title);
  if (structure.find(object_title) != std::string_view::npos) {
    result.style = sim_style::object;
    auto object = parse_json(after(structure, object_title));
    if (object && object->is_object())
      for (auto& item : object->items())
        if (item.value().is_string())
          add_note(result.outputs, item.value().get_ref<std::string&>());
  } else {
    for (auto line : sim_lines(structure))
      add_note(result.outputs, line);
  }
  for (auto line : sim_lines(after(text, task_title))) {
    line = sim_trim(line);
    if (!line.empty())
      result.instructions.append(result.instructions.empty() ? "" : " ")
        .append(line);
  }
}

bool is_requirement(std::string_view line) {
  return starts_with(line, "Respond with the corresponding output fields")
         || starts_with(line, "Respond with a JSON object in the following");
}

/// Reads the sections of the inputs that the system message names; of a
/// repeated section the first counts, and other headers are text.
void read_values(std::string_view text, sim_prompt& result) {
  auto lines = sim_lines(text);
  for (auto i = lines.size(); i > 0; --i) {
    if (is_requirement(lines[i - 1])) {
      lines.resize(i - 1);
      break;
    }
  }
  auto known = [&](std::string_view name) {
    auto taken = std::any_of(result.values.begin(), result.values.end(),
                             [name](auto& v) { return v.name == name; });
    return !name.empty() && !taken && find(result.inputs, name) != nullptr;
  };
  auto any = false;
  for (auto line : lines) {
    auto name = header_name(line);
    if (known(name)) {
      result.values.push_back({std::string{name}, {}});
      any = true;
    } else if (any) {
      result.values.back().text.append(line).append("\n");
    }
  }
  for (auto& value : result.values)
    value.text = std::string{sim_trim(value.text)};
}

} // namespace

sim_prompt read_sim_prompt(const std::vector<sim_message>& messages) {
  sim_prompt result;
  for (auto& message : messages) {
    if (message.role == "system" || message.role == "developer") {
      read_system(message.content, result);
      break;
    }
  }
  auto last = std::find_if(messages.rbegin(), messages.rend(),
                           [](auto& m) { return m.role == "user"; });
  if (last == messages.rend())
    return result;
  if (result.style != sim_style::plain)
    read_values(last->content, result);
  else
    result.values.push_back({"message", last->content});
  return result;
}

} // namespace dspex
