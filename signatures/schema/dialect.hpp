#pragma once

#include <set>
#include <string_view>

#include "dspex/json_schema.hpp"

namespace dspex::detail {

/// The part of JSON Schema that a provider takes.
struct schema_dialect {
  std::string_view name;
  /// The provider takes every keyword.
  bool whole = false;
  /// Every member of an object is required.
  bool all_required = false;
  /// An object has no members but those that its schema names, and no schema
  /// accepts every value.
  bool closed = false;
  /// A schema may lead back to itself.
  bool recursive = true;
  /// `enum` may have booleans, besides strings, numbers and null.
  bool boolean_choices = true;
  /// The keywords that the provider takes, unless it takes the `whole`.
  std::set<std::string_view> keywords = {};
  /// The values of `format` that it takes, unless it takes the `whole`.
  std::set<std::string_view> formats = {};
  /// The greatest `minItems` that it takes, if there is a limit.
  std::optional<int64_t> max_min_items = {};

  [[nodiscard]] bool takes(std::string_view keyword) const {
    return whole || keywords.count(keyword) > 0;
  }

  [[nodiscard]] bool takes_format(std::string_view format) const {
    return whole || formats.count(format) > 0;
  }
};

[[nodiscard]] const schema_dialect& dialect_of(schema_provider provider,
                                               bool strict);

/// Collects the root `$defs` of a schema that is being put together.
class schema_definitions {
public:
  explicit schema_definitions(const schema_dialect& dialect)
    : dialect_(dialect) {
  }

  /// Translates a user's schema into the dialect. Each schema that its
  /// references lead to becomes a definition, under a name that starts with
  /// `prefix`. The plain dialect refuses only a schema that is nested too
  /// deeply.
  /// @returns the schema, or why the provider cannot be told, e.g. `a schema
  ///          that leads back to itself`.
  [[nodiscard]] tl::expected<json, std::string> add(const json& schema,
                                                    const std::string& prefix);

  /// The definitions, an object.
  [[nodiscard]] const json& all() const noexcept {
    return all_;
  }

private:
  const schema_dialect& dialect_;
  json all_ = json::object();
};

} // namespace dspex::detail
