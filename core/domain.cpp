#include "dspex/domain.hpp"

#include <algorithm>

#include "core/columns.hpp"

namespace dspex {

namespace {

using enum argument_type;

argument required(std::string name, argument_type type = text) {
  return {std::move(name), type, true};
}

argument optional(std::string name, argument_type type = text) {
  return {std::move(name), type, false};
}

std::vector<resource> make_domain() {
  auto paged = [](std::vector<argument> filters) {
    filters.push_back(optional("limit", integer));
    filters.push_back(optional("cursor"));
    return filters;
  };
  return {
    {"signature",
     attribute_names<signature_record>(),
     {
       {"define",
        action_kind::operate,
        {required("module"), required("signature"), optional("instructions"),
         optional("version"), optional("description")}},
       {"create",
        action_kind::operate,
        {required("module"), optional("name"), optional("description"),
         optional("version")}},
       {"get", action_kind::read, {required("signature")}},
       {"list", action_kind::read,
        paged({optional("module"), optional("name"), optional("status")})},
       {"activate", action_kind::operate, {required("signature")}},
       {"deprecate", action_kind::operate, {required("signature")}},
       {"update",
        action_kind::operate,
        {required("signature"), optional("name"), optional("description")}},
       {"destroy", action_kind::operate, {required("signature")}},
       {"explain", action_kind::read, {required("module")}},
     }},
    {"program",
     attribute_names<program_record>(),
     {
       {"create",
        action_kind::operate,
        {required("module"), optional("name"), optional("adapter_type"),
         optional("configuration", object), optional("reuse", boolean)}},
       {"get", action_kind::read, {required("program")}},
       {"list", action_kind::read,
        paged({optional("name"), optional("status"), optional("signature"),
               optional("adapter_type"),
               optional("include_ephemeral", boolean)})},
       {"initialize", action_kind::operate, {required("program")}},
       {"reinitialize",
        action_kind::operate,
        {required("program"), optional("configuration", object)}},
       {"archive", action_kind::operate, {required("program")}},
       {"update",
        action_kind::operate,
        {required("program"), optional("name"),
         optional("configuration", object)}},
       {"destroy",
        action_kind::operate,
        {required("program"), optional("cascade", boolean)}},
       {"stats", action_kind::read, {required("program")}},
       // Its own message, because it is the one that must be fast.
       {"execute",
        action_kind::execute,
        {required("program"), required("inputs", object),
         optional("options", object)}},
       {"quick_execute",
        action_kind::execute,
        {required("module"), required("inputs", object),
         optional("adapter_type"), optional("configuration", object),
         optional("options", object)}},
     }},
    {"execution",
     attribute_names<execution_record>(),
     {
       {"get", action_kind::read, {required("execution")}},
       {"list", action_kind::read,
        paged({optional("program"), optional("status"), optional("error_code"),
               optional("since"), optional("until")})},
       // With its program, a run is found that was only just sent there.
       {"cancel",
        action_kind::execute,
        {required("execution"), optional("program")}},
       {"create",
        action_kind::execute,
        {required("program"), required("inputs", object),
         optional("metadata", object)}},
       {"mark_running", action_kind::execute, {required("execution")}},
       {"mark_completed",
        action_kind::execute,
        {required("execution"), required("outputs", object),
         required("duration_ms", number)}},
       {"mark_failed",
        action_kind::execute,
        {required("execution"), required("error_message"),
         required("duration_ms", number), optional("error_code")}},
       {"prune",
        action_kind::operate,
        {required("older_than"), optional("program")}},
     }},
  };
}

bool has_type(const json& value, argument_type type) {
  switch (type) {
    case text:
      return value.is_string();
    case integer:
      return value.is_number_integer();
    case object:
      return value.is_object();
    case boolean:
      return value.is_boolean();
    case number:
      return value.is_number();
  }
  return false;
}

std::string_view type_name(argument_type type) {
  switch (type) {
    case text:
      return "a text";
    case integer:
      return "an integer";
    case object:
      return "an object";
    case boolean:
      return "true or false";
    case number:
      return "a number";
  }
  return "nothing";
}

} // namespace

const std::vector<resource>& domain() {
  static const auto instance = make_domain();
  return instance;
}

const action* find_action(std::string_view qualified_name) {
  auto dot = qualified_name.find('.');
  if (dot == std::string_view::npos)
    return nullptr;
  for (auto& r : domain())
    if (r.name == qualified_name.substr(0, dot))
      for (auto& a : r.actions)
        if (a.name == qualified_name.substr(dot + 1))
          return &a;
  return nullptr;
}

result<void> check_arguments(std::string_view qualified_name,
                             const json& arguments) {
  auto name = std::string{qualified_name};
  auto* act = find_action(qualified_name);
  if (act == nullptr)
    return fail(errc::invalid_option, "Unknown action: " + name);
  if (!arguments.is_object())
    return fail(errc::invalid_option,
                name + ": the arguments must be an object");
  auto problems = std::string{};
  auto add = [&](const std::string& what) {
    problems += problems.empty() ? what : "; " + what;
  };
  for (auto& arg : act->arguments) {
    auto i = arguments.find(arg.name);
    if (i == arguments.end()) {
      if (arg.required)
        add("missing argument: " + arg.name);
    } else if (!has_type(*i, arg.type)) {
      add("argument " + arg.name + " must be "
          + std::string{type_name(arg.type)});
    }
  }
  for (auto& [key, value] : arguments.items())
    if (std::none_of(act->arguments.begin(), act->arguments.end(),
                     [&word = key](auto& arg) { return arg.name == word; }))
      add("unknown argument: " + key);
  if (!problems.empty())
    return fail(errc::invalid_option, name + ": " + problems);
  return {};
}

} // namespace dspex
