#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dspex/any_signature.hpp"
#include "dspex/error.hpp"
#include "dspex/json.hpp"
#include "dspex/tool.hpp"

namespace dspex {

/// The version of DSPy whose prompts this backend writes.
inline constexpr auto prompt_profile = "dspy 3.3.1";

/// A program of DSPy as this backend runs it.
struct imported_program {
  any_signature signature;
  /// `modules`, `lm` and `tools`, as a program's configuration has them.
  json configuration = json::object();
  /// Warnings that the user should read, e.g. that another version saved the
  /// program.
  std::vector<std::string> notes;
};

/// The facts that a saved program does not state itself.
struct import_options {
  /// The manifest that `dspex_worker.export` wrote beside the program; null if
  /// there is none.
  json manifest;
  /// The signature that the program was made with, if there is no manifest.
  std::string signature;
};

/// Reads what `program.save("x.json")` wrote.
///
/// Binds the saved instructions, descriptions and demos to the signature by
/// their place, as DSPy does, but only if their number is right. Secrets and
/// addresses in a saved `lm` are dropped. If the manifest has conversations,
/// each is rendered and compared byte by byte.
/// @returns `invalid_option` for a file that is no saved program (details
///          `{"pointer"}`), that does not fit the signature, or whose module
///          this backend does not run; `conflict` if a conversation differs
///          (details `{"predictor", "message", "offset"}`).
[[nodiscard]] result<imported_program>
import_program(const json& saved, const import_options& options);

/// Whether a file is a pickle by its name or its first bytes; such a file is
/// not read further, since reading one runs what is in it.
[[nodiscard]] bool is_pickle(std::string_view path, std::string_view start);

/// The tools that a configuration describes in its `modules.state`; they cannot
/// be called.
[[nodiscard]] std::vector<tool> described_tools(const json& configuration);

} // namespace dspex
