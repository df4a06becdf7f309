#include "adapters/python_port/definition.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "signatures/plain_type.hpp"

namespace dspex {

namespace {

// Arguments that DSPy's `Predict` takes for itself.
constexpr auto privileged = std::array<std::string_view, 5>{
  "config", "demos", "lm", "prediction", "signature"};

constexpr auto modules_keys = std::array<std::string_view, 5>{
  "name", "adapter", "arguments", "max_iters", "state"};

constexpr auto built_in
  = std::array<std::string_view, 3>{"Predict", "ChainOfThought", "ReAct"};

constexpr auto lm_keys = std::array<std::string_view, 15>{"base_url",
                                                          "cache",
                                                          "extra_body",
                                                          "frequency_penalty",
                                                          "max_retries",
                                                          "max_tokens",
                                                          "model",
                                                          "model_type",
                                                          "n",
                                                          "presence_penalty",
                                                          "reasoning_effort",
                                                          "seed",
                                                          "stop",
                                                          "temperature",
                                                          "top_p"};

template <class Names>
bool has(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

template <class Names>
std::string listed(const Names& names) {
  auto result = std::string{};
  for (auto& x : names)
    result.append(result.empty() ? "" : ", ").append(x);
  return result;
}

error refusal(const std::string& key, const std::string& why) {
  return {errc::invalid_option, key + " " + why, json::object({{"key", key}})};
}

std::string quoted(const json& value) {
  constexpr size_t longest = 80;
  auto text = dump_json(value);
  return text.size() <= longest ? text : text.substr(0, longest) + "...";
}

std::string_view kind_name(type_kind kind) {
  switch (kind) {
    case type_kind::str:
      return "str";
    case type_kind::integer:
      return "int";
    case type_kind::floating:
      return "float";
    case type_kind::boolean:
      return "bool";
    case type_kind::list:
      return "list";
    case type_kind::literal:
      return "literal";
    case type_kind::union_:
      return "union";
    case type_kind::none:
      return "none";
    case type_kind::dict:
      return "dict";
    case type_kind::object:
      return "object";
    case type_kind::tuple:
      return "tuple";
    case type_kind::datetime:
      return "datetime";
    case type_kind::image:
      return "image";
    case type_kind::history:
      return "history";
    case type_kind::any:
    case type_kind::embedding:
    case type_kind::probability:
    case type_kind::confidence_score:
    case type_kind::reasoning_chain:
      break;
  }
  return "any";
}

json type_of(const field_type& outside) {
  // DSPy has a type for the history of a conversation.
  auto type = outside.kind == type_kind::history ? outside
                                                 : detail::plain_type(outside);
  auto result = json::object();
  result["kind"] = kind_name(type.kind);
  if (!type.arguments.empty()) {
    auto& arguments = result["arguments"] = json::array();
    for (auto& x : type.arguments)
      arguments.push_back(type_of(x));
  }
  if (!type.choices.empty())
    result["choices"] = type.choices;
  if (type.kind == type_kind::object)
    result["schema"] = type.schema;
  if (!type.constraints.empty())
    result["constraints"] = type.constraints;
  return result;
}

json fields_of(const std::vector<field>& fields) {
  auto result = json::array();
  for (auto& x : fields)
    result.push_back({{"name", x.name},
                      {"description", x.description},
                      {"type", type_of(x.type)}});
  return result;
}

bool is_import_path(const std::string& text) {
  return !text.empty() && text.front() != '.' && text.back() != '.'
         && text.find("..") == std::string::npos
         && std::all_of(text.begin(), text.end(), [](unsigned char c) {
              return c >= 0x80 || c == '_' || c == '.' || (c >= '0' && c <= '9')
                     || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            });
}

result<void> check_path(const std::string& key, const json& path,
                        const std::vector<std::string>& allowed) {
  if (!path.is_string() || !is_import_path(path.get<std::string>()))
    return fail(refusal(key, "must be an import path, like "
                             "my_package.my_module.my_function, got "
                               + quoted(path)));
  auto& text = path.get_ref<const std::string&>();
  auto fits = std::any_of(allowed.begin(), allowed.end(), [&](auto& x) {
    return text.size() > x.size() + 1 && text.starts_with(x)
           && text[x.size()] == '.';
  });
  if (fits)
    return {};
  return fail(refusal(key, "is " + quoted(path)
                             + ", which python_port.allowed_modules does not "
                               "allow"));
}

result<void> check_name(const json& name,
                        const std::vector<std::string>& allowed) {
  if (name.is_string() && has(built_in, name.get_ref<const std::string&>()))
    return {};
  if (name.is_string()
      && name.get_ref<const std::string&>().find('.') == std::string::npos)
    return fail(refusal("modules", "is " + quoted(name) + "; known are "
                                     + listed(built_in)
                                     + ", or the import path of a module that "
                                       "python_port.allowed_modules allows"));
  return check_path("modules", name, allowed);
}

result<void> check_modules(const json& modules,
                           const std::vector<std::string>& allowed) {
  if (modules.is_string())
    return check_name(modules, allowed);
  if (!modules.is_object())
    return fail(refusal("modules",
                        "must be a name or an object, got " + quoted(modules)));
  for (auto& [key, value] : modules.items()) {
    if (!has(modules_keys, key))
      return fail(refusal("modules." + key,
                          "is unknown; known are " + listed(modules_keys)));
    if (key == "name")
      if (auto ok = check_name(value, allowed); !ok)
        return ok;
  }
  return {};
}

result<void> check_tools(const json& tools,
                         const std::vector<std::string>& allowed) {
  if (!tools.is_array())
    return fail(refusal("tools", "must be a list of import paths"));
  for (auto& x : tools)
    if (auto ok = check_path("tools", x, allowed); !ok)
      return ok;
  return {};
}

result<void> check_lm(const json& lm) {
  if (!lm.is_object())
    return fail(refusal("lm", "must be an object"));
  for (auto& [key, value] : lm.items())
    if (!has(lm_keys, key))
      return fail(
        refusal("lm." + key, "is unknown; known are " + listed(lm_keys)));
  if (auto i = lm.find("base_url"); i != lm.end()) {
    auto url = i->is_string() ? i->get<std::string>() : "";
    if (!url.starts_with("http://") && !url.starts_with("https://"))
      return fail(
        refusal("lm.base_url", "must start with http:// or https://"));
  }
  return {};
}

} // namespace

json python_definition(const any_signature& sig, const json& configuration) {
  return {{"inputs", fields_of(sig.inputs())},
          {"outputs", fields_of(sig.outputs())},
          {"instructions", sig.instructions()},
          {"configuration", configuration}};
}

result<void>
check_python_configuration(const any_signature& sig, const json& configuration,
                           const std::vector<std::string>& allowed) {
  for (auto& x : sig.inputs())
    if (has(privileged, x.name))
      return fail(errc::invalid_option,
                  "Field " + x.name
                    + " must be called otherwise: DSPy takes an input of that "
                      "name for an option of its own",
                  json::object({{"field", x.name}}));
  auto member = [&](const char* key) {
    auto i = configuration.find(key);
    return i == configuration.end() || i->is_null() ? nullptr : &*i;
  };
  if (auto* x = member("modules"))
    if (auto ok = check_modules(*x, allowed); !ok)
      return ok;
  if (auto* x = member("tools"))
    if (auto ok = check_tools(*x, allowed); !ok)
      return ok;
  if (auto* x = member("lm"))
    return check_lm(*x);
  return {};
}

} // namespace dspex
