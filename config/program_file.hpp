#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "config/program_configuration.hpp"
#include "dspex/any_signature.hpp"
#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// What a program file says: a signature module, and a program on it.
struct program_file {
  std::string module;
  /// The version as `MAJOR.MINOR.PATCH`.
  std::optional<std::string> version;
  /// The signature as written; `parsed_signature` is what it means.
  std::string signature_text;
  dspex::any_signature parsed_signature;
  std::string instructions;
  std::string description;
  /// The name of the program.
  std::optional<std::string> name;
  /// The type of the adapter; the configured default if unset.
  std::optional<std::string> adapter;
  /// The checked configuration of the program, with the section `[lm]` as its
  /// `lm`.
  json configuration = json::object();
};

/// Reads the text of a program file (TOML), strictly.
///
/// `module` and `signature` must be there. `[lm]` and `[configuration.lm]`
/// together are a problem.
/// @param source stands in the problems, e.g. the name of the file.
/// @returns `invalid_option` with every problem at once, each with file, line,
///          column and key, as `load_configuration` reports them. A file whose
///          only problem is its signature is `invalid_signature`.
[[nodiscard]] result<program_file>
parse_program_file(std::string_view text, const std::string& source);

/// Reads a program file.
/// @returns what `parse_program_file` returns, or `not_found`.
[[nodiscard]] result<program_file>
read_program_file(const std::filesystem::path& file);

} // namespace dspex
