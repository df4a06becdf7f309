#pragma once

namespace dspex::cli {

/// Lets SIGINT and SIGTERM end the process with status 130, and makes writing
/// to a closed pipe an error instead of a signal.
void install_signal_handlers();

/// Announces that the caller ends by itself: the first signal from now on only
/// makes the returned descriptor readable, the second still ends the process.
/// The descriptor stays open and readable.
[[nodiscard]] int catch_interrupt();

/// Whether the first signal after `catch_interrupt` has come.
[[nodiscard]] bool interrupted();

/// A run that was cancelled before its program had seen it is cancelled again
/// after this many milliseconds.
constexpr int cancel_interval = 100;

} // namespace dspex::cli
