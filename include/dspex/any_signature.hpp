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
  /// A value that a JSON Schema accepts, which need not be an object.
  object,
  tuple,
  datetime,
  image,
  history,
};

/// A type of a field: a kind, the types it is made of, and its constraints.
///
/// A value type. It does not change once it was read, so const access is thread
/// safe.
struct field_type {
  type_kind kind = type_kind::str;
  /// The types inside this one. A list has the type of its elements; a dict has
  /// the type of its keys, which is `str` or `int`, and that of its values; a
  /// tuple has the types of its items in order; a union has its alternatives in
  /// order, which are never unions themselves.
  std::vector<field_type> arguments;
  /// The values of a literal, in order: strings, integers or booleans.
  std::vector<json> choices;
  /// The JSON Schema (draft 2020-12) of an `object`; null for other kinds.
  json schema;
  /// The value of each constraint by its name, in alphabetical order.
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
  /// Whether the field must be present. A field may be absent if its type is
  /// `none` or has `none` as an alternative.
  bool required = true;

  friend bool operator==(const field&, const field&) = default;
};

/// The side of a signature that a set of values belongs to.
enum class side { inputs, outputs };

/// One thing that is wrong with a value.
struct problem {
  /// The place in the values as a JSON pointer (RFC 6901), e.g. `/tags/2`. A
  /// name inside a value that is longer than 200 characters is cut and ends in
  /// `...`.
  std::string pointer;
  /// The kind of the problem: `missing`, `unknown`, `type`, `range`, `length`,
  /// `pattern`, `choice` or `unique`.
  std::string code;
  /// A sentence, e.g. `Missing field: question`.
  std::string message;

  friend bool operator==(const problem&, const problem&) = default;
};

/// Renders `{"pointer", "code", "message"}`.
[[nodiscard]] json to_json(const problem& p);

/// A typed contract between a caller and a language model, which names the
/// inputs and the outputs of a run.
///
/// A signature is written in DSPy's string form, e.g.
/// `"context: list[str], question -> answer: str, confidence: float"`. It is a
/// value type with shared, immutable insides: cheap to copy, and const access
/// from several threads needs no lock.
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
  /// Every member must be there, and no other member but `dspy`, which is
  /// skipped.
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

  /// The task that the model is given; may be empty.
  [[nodiscard]] const std::string& instructions() const noexcept;

  /// Prints one side as the canonical array: each field as `{"name", "type",
  /// "constraints", "description", "required"}`, in order.
  [[nodiscard]] json to_json(side s) const;

  /// Prints the text that `parse` reads back into an equal signature.
  [[nodiscard]] std::string to_text() const;

  /// SHA-256 in hex of inputs, outputs and instructions in canonical form.
  [[nodiscard]] const std::string& content_hash() const noexcept;

  // -- validation -------------------------------------------------------------

  /// Checks `values` (a JSON object) against one side. Values that the language
  /// converts (2.0 becomes 2 for an `int`) are converted in place, also if
  /// other values have problems.
  /// @returns every problem at once, in the order of the fields, unknown
  ///          fields last; empty if the values are valid. If a field has more
  ///          than a hundred problems, one problem counts the rest.
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
