#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// The kinds of types that the signature language knows.
enum class type_kind {
  str,
  integer,
  floating,
  boolean,
  list,
  literal,
  union_,
  none,
  any,
  dict,
  embedding,
  probability,
  confidence_score,
  reasoning_chain,
  /// What a JSON Schema accepts, which need not be an object.
  object,
  tuple,
  datetime,
  image,
  history,
};

/// A type of a field: a kind, the types it is made of, and its constraints.
///
/// A value type; immutable once read, so const access is thread safe.
struct field_type {
  type_kind kind = type_kind::str;
  /// Element type of a list (one); key type, which is `str` or `int`, and value
  /// type of a dict (two); types of the items of a tuple in order; alternatives
  /// of a union in order, never unions themselves.
  std::vector<field_type> arguments;
  /// Values of a literal, in order: strings, integers or booleans.
  std::vector<json> choices;
  /// The JSON Schema (draft 2020-12) of an `object`; null for other kinds.
  json schema;
  /// Constraint name -> value, an object in alphabetical order.
  json constraints = json::object();

  friend bool operator==(const field_type&, const field_type&) = default;
};

/// Renders the type as the language writes it, e.g. `list[str] | none`, with
/// the constraints of the types inside but without its own.
[[nodiscard]] std::string to_string(const field_type& type);

/// One typed, named input or output.
struct field {
  std::string name;
  field_type type;
  std::string description;
  /// False if the type is `none` or has it as an alternative: then the field
  /// may be absent.
  bool required = true;

  friend bool operator==(const field&, const field&) = default;
};

/// Which side of a signature a set of values belongs to.
enum class side { inputs, outputs };

/// One thing that is wrong with a value.
struct problem {
  /// JSON pointer (RFC 6901) into the values, e.g. `/tags/2`; a name inside a
  /// value that is longer than 200 characters is cut and ends in `...`.
  std::string pointer;
  /// `missing`, `unknown`, `type`, `range`, `length`, `pattern`, `choice` or
  /// `unique`.
  std::string code;
  /// A sentence, e.g. `Missing field: question`.
  std::string message;

  friend bool operator==(const problem&, const problem&) = default;
};

/// Renders `{"pointer", "code", "message"}`.
[[nodiscard]] json to_json(const problem& p);

/// A typed contract between a caller and a language model: what goes in, what
/// comes out.
///
/// Written in DSPy's string form, e.g.
/// `"context: list[str], question -> answer: str, confidence: float"`. A value
/// type with shared, immutable insides: cheap to copy, and const access from
/// several threads needs no lock.
class any_signature {
public:
  // -- constructors, destructors, and assignment operators --------------------

  /// The signature with no fields; only good for being assigned to.
  any_signature();

  /// Reads the text of a signature: up to 65536 bytes, also in canonical form,
  /// 1000 fields, and 32 types in one another.
  /// @returns `errc::invalid_signature` with column (1-based, in code points),
  ///          expectation and the text quoted; details
  ///          `{"column", "expected", "text"}`.
  [[nodiscard]] static result<any_signature>
  parse(std::string_view text, std::string instructions = {});

  /// Reads the canonical form: two arrays of fields as `to_json` prints them.
  /// Every member must be there and no other but `dspy`, which is skipped.
  /// @returns `errc::invalid_signature` with the place, e.g.
  ///          `/inputs/0/type`; details `{"pointer", "expected"}`, and
  ///          `"column"` and `"text"` if the text of a type is wrong.
  [[nodiscard]] static result<any_signature>
  from_json(const json& inputs, const json& outputs,
            std::string instructions = {});

  // -- properties -------------------------------------------------------------

  /// @{
  /// The fields of a side, in the order in which they were written.
  [[nodiscard]] const std::vector<field>& inputs() const noexcept;
  [[nodiscard]] const std::vector<field>& outputs() const noexcept;
  [[nodiscard]] const std::vector<field>& fields(side s) const noexcept;
  /// @}

  /// What the model is asked to do; may be empty.
  [[nodiscard]] const std::string& instructions() const noexcept;

  /// The canonical array of one side: each field as `{"name", "type",
  /// "constraints", "description", "required"}`, in order.
  [[nodiscard]] json to_json(side s) const;

  /// The text that `parse` reads back into an equal signature.
  [[nodiscard]] std::string to_text() const;

  /// SHA-256 in hex of inputs, outputs and instructions in canonical form.
  [[nodiscard]] const std::string& content_hash() const noexcept;

  // -- validation -------------------------------------------------------------

  /// Checks `values` (a JSON object) against one side and converts in place
  /// what the language converts (2.0 becomes 2 for an `int`), also if there are
  /// problems elsewhere.
  /// @returns every problem at once, in the order of the fields, unknown
  ///          fields last; empty if the values are valid. Of more than a
  ///          hundred problems of one field the rest is counted in one.
  [[nodiscard]] std::vector<problem> validate(side s, json& values) const;

  /// Whether `validate` would find no problem and convert nothing.
  [[nodiscard]] bool fits(side s, const json& values) const;

  friend bool operator==(const any_signature& lhs, const any_signature& rhs) {
    return lhs.content_hash() == rhs.content_hash();
  }

private:
  struct impl;
  explicit any_signature(std::shared_ptr<const impl> ptr);
  std::shared_ptr<const impl> impl_;
};

/// Checks the name of a signature module, e.g. `Support.Triage`, and strips a
/// leading `Elixir.`; details `{"field": "signature_module"}`.
/// @returns the name, or `invalid_signature`: `Module must be a valid module
///          name`.
[[nodiscard]] result<std::string> normalize_module(std::string_view name);

} // namespace dspex
