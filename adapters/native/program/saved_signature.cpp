#include "adapters/native/program/saved_signature.hpp"

#include "adapters/native/program/dspex_type.hpp"
#include "adapters/native/python/json_member.hpp"
#include "adapters/native/python/text.hpp"

namespace dspex {

namespace {

error misfit(const std::string& pointer, const std::string& what) {
  return {errc::invalid_option,
          "The saved program is wrong at " + pointer + ": " + what,
          json::object({{"pointer", pointer}})};
}

// A field in canonical form.
json canonical_field(const prompt_field& x, const json& schema) {
  auto type = to_field_type(x.annotation, schema);
  auto required = !allows_none(*x.annotation.type);
  return json::object({{"name", x.name},
                       {"type", to_string(type)},
                       {"constraints", json::object()},
                       {"description", x.description},
                       {"required", required}});
}

} // namespace

result<any_signature> signature_of_manifest(const json& value) {
  auto sig = read_prompt_signature(value);
  if (!sig)
    return fail(std::move(sig.error()));
  auto inputs = json::array();
  auto outputs = json::array();
  // In the manifest both sides stand in one list, each in its own order.
  size_t next_input = 0;
  size_t next_output = 0;
  for (auto& x : value.at("fields")) {
    auto* schema = find_member(x, "json_schema_declared_order");
    auto is_input = x.at("role") == "input";
    auto& field = is_input ? sig->inputs.at(next_input++)
                           : sig->outputs.at(next_output++);
    (is_input ? inputs : outputs)
      .push_back(canonical_field(field, schema != nullptr ? *schema : json()));
  }
  return any_signature::from_json(inputs, outputs, sig->instructions);
}

json describe_signature(const prompt_signature& sig) {
  auto fields = json::array();
  auto add = [&](const prompt_field& x, const char* role) {
    auto& field = fields.emplace_back(json::object());
    field["name"] = x.name;
    field["role"] = role;
    field["type"] = x.type_name;
    field["desc"] = x.description;
    if (!x.constraints.empty())
      field["constraints"] = x.constraints;
    if (!x.schema.is_null())
      field["json_schema_declared_order"] = x.schema;
    if (x.fallback)
      field["default"] = *x.fallback;
  };
  for (auto& x : sig.inputs)
    add(x, "input");
  for (auto& x : sig.outputs)
    add(x, "output");
  return json::object(
    {{"instructions", sig.instructions}, {"fields", std::move(fields)}});
}

result<void> put_saved_signature(json& described, const json& saved,
                                 const std::string& pointer) {
  auto* instructions = find_member(saved, "instructions");
  auto* fields = find_member(saved, "fields");
  if (instructions == nullptr || !instructions->is_string())
    return fail(misfit(pointer + "/instructions", "expected a string"));
  if (fields == nullptr || !fields->is_array())
    return fail(misfit(pointer + "/fields", "expected a list"));
  auto* mine = find_member(described, "fields");
  auto count = mine != nullptr && mine->is_array() ? mine->size() : 0;
  if (fields->size() != count)
    return fail(misfit(pointer + "/fields",
                       "there are " + std::to_string(fields->size())
                         + " fields, but the signature has "
                         + std::to_string(count) + " for this predictor"));
  // What was read from one signature is cleaned again in the next.
  described["instructions"]
    = python_cleandoc(instructions->get_ref<const std::string&>());
  for (size_t i = 0; i < count; ++i) {
    auto* description = find_member(fields->at(i), "description");
    if (description == nullptr || !description->is_string())
      return fail(
        misfit(pointer + "/fields/" + std::to_string(i) + "/description",
               "expected a string"));
    auto& field = described["fields"][i];
    if (!field.is_object())
      return fail(misfit(pointer + "/fields/" + std::to_string(i),
                         "the manifest has no object for it"));
    field["desc"] = *description;
  }
  return {};
}

} // namespace dspex
