#pragma once

namespace dspex::cli {

/// Runs one command, from its arguments to its exit status: 0 ok, 1 failed, 2
/// usage, 130 ended by SIGINT or SIGTERM.
///
/// Call it once per process, before other threads exist: it sets how the
/// process takes signals.
int run_command_line(int argc, const char* const* argv);

} // namespace dspex::cli
