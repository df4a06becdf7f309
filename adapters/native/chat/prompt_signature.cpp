#include "adapters/native/chat/prompt_signature.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "adapters/native/python/json_member.hpp"
#include "adapters/native/python/render.hpp"
#include "adapters/native/python/text.hpp"
#include "adapters/native/python/values.hpp"
#include "signatures/plain_type.hpp"

namespace dspex {

namespace {

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

std::string schema_note(const json& schema) {
  return "must adhere to the JSON schema: " + python_json(schema);
}

// What an output must be; `schema` is only asked for if it is needed.
template <class Schema>
std::string note_of(const prompt_field& field, Schema schema) {
  auto& type = *field.annotation.type;
  switch (type.kind) {
    case python_kind::str:
      return "";
    case python_kind::boolean:
      return "must be True or False";
    case python_kind::integer:
      return "must be a single int value";
    case python_kind::floating:
      return "must be a single float value";
    case python_kind::literal:
      return "must exactly match (no extra characters) one of: "
             + choices_text(json(type.choices));
    case python_kind::enumeration:
      return "must be one of: " + choices_text(json(type.choices));
    default:
      return schema_note(schema());
  }
}

prompt_field make_field(const field& from, bool is_output) {
  auto result = prompt_field{};
  auto type = detail::plain_type(from.type);
  result.name = from.name;
  result.type_name = python_type_name(from.type);
  // DSPy's way to say that there is no description.
  if (from.description != "${" + from.name + "}")
    result.description = from.description;
  result.constraints = constraints_text(type.constraints);
  result.annotation = annotate(from.type);
  if (!result.is_text())
    result.schema = python_type_schema(type);
  if (is_output)
    result.note = note_of(result, [&] { return result.schema; });
  return result;
}

void fill_instructions(prompt_signature& sig) {
  if (sig.instructions.empty())
    sig.instructions = default_instructions(sig);
}

// -- manifests ----------------------------------------------------------------

error wrong(const std::string& place, const std::string& what) {
  return {errc::invalid_option, place + ": " + what,
          json::object({{"pointer", place}})};
}

// Reads a text that may be missing.
result<std::string> text_member(const json& value, const char* name,
                                const std::string& place) {
  auto* found = find_member(value, name);
  if (found == nullptr)
    return std::string{};
  if (!found->is_string())
    return fail(wrong(place + '/' + name, "expected a string"));
  return found->get<std::string>();
}

// `[["RED", "red"], ...]`.
result<void> read_enumeration(const json& members, const std::string& place,
                              python_annotation& annotation) {
  auto type = python_type{};
  type.kind = python_kind::enumeration;
  auto is_pair = [](const json& x) {
    return x.is_array() && x.size() == 2 && x[0].is_string();
  };
  if (!members.is_array()
      || !std::all_of(members.begin(), members.end(), is_pair))
    return fail(wrong(place + "/enum", "expected pairs of name and value"));
  for (auto& x : members) {
    type.names.push_back(x[0].get<std::string>());
    type.choices.push_back(x[1]);
  }
  annotation.type = std::make_shared<const python_type>(std::move(type));
  return {};
}

// A class that turns out to be an enumeration counts as one.
void resolve_enumeration(python_annotation& annotation) {
  if (annotation.kind() != python_kind::reference)
    return;
  auto i = annotation.classes->find(annotation.type->name);
  if (i != annotation.classes->end()
      && i->second.kind == python_kind::enumeration)
    annotation.type = std::make_shared<const python_type>(i->second);
}

result<prompt_field> read_field(const json& value, const std::string& place) {
  auto field = prompt_field{};
  for (auto [name, target] :
       {std::pair{"name", &field.name}, std::pair{"type", &field.type_name},
        std::pair{"desc", &field.description},
        std::pair{"constraints", &field.constraints}}) {
    auto text = text_member(value, name, place);
    if (!text)
      return fail(std::move(text.error()));
    *target = std::move(*text);
  }
  if (field.name.empty())
    return fail(wrong(place + "/name", "expected the name of a field"));
  if (field.type_name.empty())
    field.type_name = "str";
  if (field.description == "${" + field.name + "}")
    field.description.clear();
  auto* declared = find_member(value, "json_schema_declared_order");
  auto* sorted = find_member(value, "json_schema_dspy");
  static const auto no_schema = json();
  auto& schema = declared != nullptr ? *declared
                 : sorted != nullptr ? *sorted
                                     : no_schema;
  auto annotation = read_annotation(field.type_name, schema);
  if (!annotation)
    return fail(wrong(place + "/type", annotation.error().message));
  field.annotation = std::move(*annotation);
  resolve_enumeration(field.annotation);
  if (auto* members = find_member(value, "enum"))
    if (auto ok = read_enumeration(*members, place, field.annotation); !ok)
      return fail(std::move(ok.error()));
  field.schema = schema;
  if (auto i = value.find("default"); i != value.end())
    field.fallback = *i;
  auto sorted_schema = [&] {
    return sorted != nullptr ? *sorted : type_first(schema);
  };
  // The description of code says all that its schema would.
  if (value.at("role") == "output" && field.type_name != "Code")
    field.note = note_of(field, sorted_schema);
  return field;
}

} // namespace

prompt_field text_field(std::string name, std::string description) {
  auto result = prompt_field{};
  result.name = std::move(name);
  result.description = std::move(description);
  result.annotation = annotate(field_type{});
  return result;
}

prompt_field make_output_field(const field& from) {
  return make_field(from, true);
}

prompt_signature make_prompt_signature(const any_signature& sig) {
  auto result = prompt_signature{};
  for (auto& x : sig.inputs())
    result.inputs.push_back(make_field(x, false));
  for (auto& x : sig.outputs())
    result.outputs.push_back(make_field(x, true));
  result.instructions = python_cleandoc(sig.instructions());
  fill_instructions(result);
  return result;
}

result<prompt_signature> read_prompt_signature(const json& value) {
  auto* fields = find_member(value, "fields");
  if (fields == nullptr || !fields->is_array())
    return fail(wrong("/fields", "expected a list of fields"));
  auto instructions = text_member(value, "instructions", "");
  if (!instructions)
    return fail(std::move(instructions.error()));
  auto result = prompt_signature{};
  result.instructions = std::move(*instructions);
  for (size_t i = 0; i < fields->size(); ++i) {
    auto place = "/fields/" + std::to_string(i);
    auto& x = fields->at(i);
    auto* role = find_member(x, "role");
    if (role == nullptr || (*role != "input" && *role != "output"))
      return fail(wrong(place + "/role", "expected input or output"));
    auto field = read_field(x, place);
    if (!field)
      return fail(std::move(field.error()));
    auto& side = *role == "input" ? result.inputs : result.outputs;
    side.push_back(std::move(*field));
  }
  fill_instructions(result);
  return result;
}

std::string default_instructions(const prompt_signature& sig) {
  return "Given the fields " + listed(sig.inputs) + ", produce the fields "
         + listed(sig.outputs) + ".";
}

std::string listed(const std::vector<prompt_field>& fields) {
  auto result = std::string{};
  for (auto& x : fields) {
    if (!result.empty())
      result += ", ";
    result += '`' + x.name + '`';
  }
  return result;
}

} // namespace dspex
