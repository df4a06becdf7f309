#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dspex/any_signature.hpp"
#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// The kinds of Python types that fields have.
enum class python_kind {
  str,
  integer,
  floating,
  boolean,
  none,
  any,
  datetime,
  date,
  literal,
  /// An `enum.Enum`.
  enumeration,
  /// A tuple of any length is a list as well.
  list,
  set,
  tuple,
  dict,
  union_,
  /// A class with members: a pydantic model.
  model,
  /// A class by its name.
  reference,
  /// `dspy.Image`, as its URL.
  image,
  /// `dspy.History`.
  history,
};

struct python_member;

/// A type annotation, as far as reading and printing values needs it.
struct python_type {
  python_kind kind = python_kind::str;
  /// Element; items; key and value; alternatives.
  std::vector<python_type> arguments;
  /// Values of a literal or an enumeration.
  std::vector<json> choices;
  /// Names of the members of an enumeration; may be empty.
  std::vector<std::string> names;
  std::vector<python_member> members;
  /// Only a class has a name.
  std::string name;
  /// Keywords of JSON Schema that bound the values.
  json limits = json::object();
  /// What becomes of members that a model does not have.
  enum class extras {
    dropped,
    kept,
    refused
  } unknown_members
    = extras::dropped;
};

/// A member of a model.
struct python_member {
  std::string name;
  python_type type;
  bool required = true;
  bool has_fallback = false;
  json fallback;
};

/// What references lead to.
using python_classes = std::map<std::string, python_type>;

/// A type with the classes it refers to. Cheap to copy, immutable.
struct python_annotation {
  std::shared_ptr<const python_type> type;
  std::shared_ptr<const python_classes> classes;

  [[nodiscard]] python_kind kind() const noexcept {
    return type->kind;
  }
};

/// The type that a field of a signature has in Python.
[[nodiscard]] python_annotation annotate(const field_type& type);

/// Reads a type as DSPy prints it (`list[Person]`) together with what pydantic
/// says of it, in which the classes are found; one that is not there may be
/// anything.
/// @returns `invalid_option` for a text that is no type.
[[nodiscard]] result<python_annotation> read_annotation(std::string_view text,
                                                        const json& schema);

/// Whether values may be none.
[[nodiscard]] bool allows_none(const python_type& type);

} // namespace dspex
