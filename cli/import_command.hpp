#pragma once

#include "cli/verb.hpp"

namespace dspex::cli {

/// Adds the verb that makes a program of what DSPy saved.
void add_import(CLI::App& group, verb& chosen);

} // namespace dspex::cli
