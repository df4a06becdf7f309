#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dspex/json.hpp"
#include "simulator/prompt.hpp"

namespace dspex {

/// The type that an answer has to have, as far as a prompt tells.
struct sim_type {
  enum class kind {
    str,
    integer,
    floating,
    boolean,
    none,
    any,
    datetime,
    /// One of `choices`.
    literal,
    /// Elements of `arguments[0]`.
    list,
    /// One element of each of `arguments`, in order.
    tuple,
    /// Text keys, values of `arguments[0]`; see `integer_keys`.
    dict,
    /// Members `names[i]` of `arguments[i]`.
    object,
    /// Any one of `arguments`.
    one_of,
    /// A type known by name only.
    unknown,
  };

  kind is = kind::str;
  std::vector<sim_type> arguments;
  std::vector<std::string> names;
  std::vector<json> choices;
  std::optional<double> min;
  std::optional<double> max;
  /// The bound itself is not allowed.
  bool min_open = false;
  bool max_open = false;
  std::optional<double> multiple_of;
  /// Code points of text, elements of a list, members of a dict.
  std::optional<size_t> min_length;
  std::optional<size_t> max_length;
  /// No element of a list occurs twice.
  bool unique = false;
  /// The keys of a dict are integers written as text.
  bool integer_keys = false;
};

/// Reads a Python type as DSPy renders it; what it does not know is `unknown`.
[[nodiscard]] sim_type read_python_type(std::string_view text);

/// Reads the keywords of a JSON Schema that shape a value. References inside
/// the schema are followed; a recursive or enormous one ends in `any`.
[[nodiscard]] sim_type read_schema_type(const json& schema);

/// Puts together what the type, the note and the constraints of a field say.
[[nodiscard]] sim_type read_field_type(const sim_field& field);

} // namespace dspex
