#pragma once

#include <string_view>

#include "dspex/error.hpp"

namespace dspex::cli {

/// Writes `dspex: CODE: MESSAGE` to stderr, one line for each line of the
/// message. A failing stderr is ignored, here and below.
void print_error(const error& err);

/// Writes `dspex: TEXT` to stderr: what the user should know, and no error.
void print_notice(std::string_view text);

/// Writes text to stderr as it is.
void print_stderr(std::string_view text);

} // namespace dspex::cli
