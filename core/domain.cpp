#include "dspex/domain.hpp"

#include <algorithm>

#include "core/action_table.hpp"
#include "core/columns.hpp"

namespace dspex {

namespace {

using enum argument_type;

// The rows of a resource, which stand together.
std::span<const action> actions_of(std::string_view resource) {
  auto is_one = [&](const action& x) { return x.resource() == resource; };
  auto all = std::span{action_table::rows};
  auto first = std::find_if(all.begin(), all.end(), is_one);
  auto last = std::find_if_not(first, all.end(), is_one);
  return {first, last};
}

std::vector<resource> make_domain() {
  return {
    {"signature", attribute_names<signature_record>(), actions_of("signature")},
    {"program", attribute_names<program_record>(), actions_of("program")},
    {"execution", attribute_names<execution_record>(), actions_of("execution")},
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

const action* find_action(std::string_view name) {
  auto* end = std::end(action_table::rows);
  auto* i = std::find_if(std::begin(action_table::rows), end,
                         [&](const action& x) { return x.name == name; });
  return i == end ? nullptr : i;
}

result<void> check_arguments(const action& act, const json& arguments) {
  auto name = std::string{act.name};
  if (!arguments.is_object())
    return fail(errc::invalid_option,
                name + ": the arguments must be an object");
  auto problems = std::string{};
  auto add = [&](const std::string& what) {
    problems += problems.empty() ? what : "; " + what;
  };
  for (auto& arg : act.arguments) {
    auto key = std::string{arg.name};
    auto i = arguments.find(key);
    if (i == arguments.end()) {
      if (arg.required)
        add("missing argument: " + key);
    } else if (!has_type(*i, arg.type)) {
      add("argument " + key + " must be " + std::string{type_name(arg.type)});
    }
  }
  for (auto& [key, value] : arguments.items())
    if (std::none_of(act.arguments.begin(), act.arguments.end(),
                     [&word = key](auto& arg) { return arg.name == word; }))
      add("unknown argument: " + key);
  if (!problems.empty())
    return fail(errc::invalid_option, name + ": " + problems);
  return {};
}

} // namespace dspex
