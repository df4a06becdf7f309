#include "signatures/types.hpp"

#include <algorithm>

namespace dspex::detail {

namespace {

const std::vector<type_row>& type_table() {
  using shape = argument_shape;
  static const std::vector<type_row> table{
    {"str",
     {"string", "atom"},
     type_kind::str,
     shape::none,
     {{"max_length", check_count, "", "min_length"},
      {"min_length", check_count, "max_length"},
      {"one_of", check_strings},
      {"pattern", check_pattern}},
     make_str},
    {"int",
     {"integer"},
     type_kind::integer,
     shape::none,
     {{"max", check_integer, "", "min"},
      {"min", check_integer, "max"},
      {"multiple_of", check_positive},
      {"one_of", check_integers}},
     make_int},
    {"float",
     {},
     type_kind::floating,
     shape::none,
     {{"max", check_number, "", "min"}, {"min", check_number, "max"}},
     make_float},
    {"bool", {"boolean"}, type_kind::boolean, shape::none, {}, make_bool},
    {"list",
     {"List"},
     type_kind::list,
     shape::element,
     {{"max_length", check_count, "", "min_length"},
      {"min_length", check_count, "max_length"},
      {"unique", check_flag}},
     make_list},
    {"dict",
     {"map", "Dict"},
     type_kind::dict,
     shape::entries,
     {{"max_size", check_count, "", "min_size"},
      {"min_size", check_count, "max_size"}},
     make_dict},
    {"literal",
     {"Literal"},
     type_kind::literal,
     shape::choices,
     {},
     make_literal},
    {"union", {"Union"}, type_kind::union_, shape::types, {}, make_union},
    {"optional",
     {"Optional"},
     type_kind::union_,
     shape::optional,
     {},
     make_union},
    {"any", {"Any"}, type_kind::any, shape::none, {}, make_any},
    {"embedding",
     {},
     type_kind::embedding,
     shape::none,
     {{"dimensions", check_positive}},
     make_embedding},
    {"probability",
     {},
     type_kind::probability,
     shape::none,
     {{"max", check_share, "", "min"}, {"min", check_share, "max"}},
     make_plain},
    {"confidence_score",
     {},
     type_kind::confidence_score,
     shape::none,
     {{"max", check_share, "", "min"}, {"min", check_share, "max"}},
     make_plain},
    {"reasoning_chain",
     {},
     type_kind::reasoning_chain,
     shape::none,
     {{"max_length", check_count}},
     make_plain},
    {"object", {}, type_kind::object, shape::schema, {}, make_object},
    {"tuple", {"Tuple"}, type_kind::tuple, shape::types, {}, make_tuple},
    {"datetime", {}, type_kind::datetime, shape::none, {}, make_datetime},
    {"image", {}, type_kind::image, shape::none, {}, make_image},
    {"history", {}, type_kind::history, shape::none, {}, make_plain},
    {"none", {"None"}, type_kind::none, shape::none, {}, make_none},
  };
  return table;
}

template <class Rows>
std::string join_names(const Rows& rows) {
  std::string result;
  for (const auto& row : rows) {
    if (!result.empty())
      result += ", ";
    result += row.name;
  }
  return result;
}

} // namespace

const constraint_row* type_row::find(std::string_view constraint) const {
  auto i = std::find_if(
    constraints.begin(), constraints.end(),
    [constraint](const auto& row) { return row.name == constraint; });
  return i != constraints.end() ? &*i : nullptr;
}

std::string type_row::expected_constraint() const {
  if (constraints.empty())
    return "no constraints on " + std::string{name};
  return "a constraint of " + std::string{name} + " (" + join_names(constraints)
         + ')';
}

const type_row* find_type(std::string_view name) {
  for (const auto& row : type_table())
    if (row.name == name
        || std::find(row.aliases.begin(), row.aliases.end(), name)
             != row.aliases.end())
      return &row;
  return nullptr;
}

const type_row& row_of(type_kind kind) {
  const auto& table = type_table();
  return *std::find_if(table.begin(), table.end(),
                       [kind](const auto& row) { return row.kind == kind; });
}

const std::string& expected_type() {
  static const auto result = "a type (" + join_names(type_table()) + ')';
  return result;
}

validator_ptr make_validator(const field_type& type,
                             const pattern_pool& patterns) {
  return row_of(type.kind).make(type, patterns);
}

} // namespace dspex::detail
