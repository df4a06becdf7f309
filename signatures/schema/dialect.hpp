#pragma once

#include <set>
#include <string_view>

#include "dspex/json_schema.hpp"

namespace dspex::detail {

/// What a provider takes of JSON Schema.
struct schema_dialect {
  std::string_view name;
  /// Takes every keyword.
  bool whole = false;
  /// Every member of an object is required.
  bool all_required = false;
  /// Objects have the members they name and no others, and no value is free.
  bool closed = false;
  /// A schema may lead back to itself.
  bool recursive = true;
  /// Values of `enum`, besides strings, numbers and null.
  bool boolean_choices = true;
  /// The only keywords, unless `whole`.
  std::set<std::string_view> keywords = {};
  /// The only values of `format`, unless `whole`.
  std::set<std::string_view> formats = {};
  /// The greatest `minItems`, if there is a limit.
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

  /// Says a user's schema in the dialect. What its references lead to becomes
  /// a definition of its own, under a name that starts with `prefix`. The plain
  /// dialect refuses only what is nested too deeply.
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
