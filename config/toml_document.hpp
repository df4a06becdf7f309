#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "config/problem.hpp"
#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// A key of a TOML text, with its value and where it stands.
struct toml_entry {
  /// The key without the tables around it.
  std::string name;
  /// The line of the key, 1-based.
  size_t line = 0;
  size_t column = 0;
  bool is_table = false;
  /// What a table holds, in the order of the text.
  std::vector<toml_entry> members;
  /// The value of anything but a table: text, integer, number, bool, or an
  /// array of these and of objects.
  json value;

  /// Returns the member with this name, or null.
  [[nodiscard]] const toml_entry* find(std::string_view member) const noexcept;
};

/// Converts a table to a JSON object, and anything else to its value.
[[nodiscard]] json to_json(const toml_entry& entry);

/// The largest TOML file; people write settings.
inline constexpr size_t max_toml_bytes = 1'000'000;

/// Reads a TOML 1.0 text into the table at its root.
///
/// Everything that is no TOML is a problem, and so is what JSON cannot say
/// (dates and times, `nan`, `inf`, the character U+0000) and nesting beyond
/// `max_toml_nesting`. The function is safe on any bytes.
/// @param source stands in the problems, e.g. the name of the file.
[[nodiscard]] tl::expected<toml_entry, std::vector<option_problem>>
parse_toml(std::string_view text, const std::string& source);

/// Reads a file of at most `max_toml_bytes`.
/// @returns `not_found` if there is none, else `invalid_option`.
[[nodiscard]] result<std::string>
read_text_file(const std::filesystem::path& file);

} // namespace dspex
