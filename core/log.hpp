#pragma once

#include <string_view>

#include "dspex/config.hpp"
#include "dspex/json.hpp"

// Its headers cost seconds in every file: only log.cpp includes them.
namespace spdlog {
class logger;
}

namespace dspex {

/// How much an event matters. `log.level` has the same names.
enum class log_level { trace, debug, info, warn, error };

/// The logger `dspex` of the process: one line an event, to stderr, as text at
/// level `warn` until configured otherwise. An embedder may register its own
/// logger of that name with spdlog before it starts a runtime; its sinks and
/// formats are left alone. Thread safe.
spdlog::logger& log();

/// Sets the level and the format of the logger. Not safe while another thread
/// logs.
void configure_log(const log_settings& settings);

/// Whether an event of this level goes anywhere.
[[nodiscard]] bool logs(log_level level);

/// Logs an event of one part of a node.
///
/// As text an event is `SOURCE: MESSAGE NAME=VALUE ...`. As JSON its logger is
/// `dspex.SOURCE`, and the fields are members of the object.
/// @param fields is an object that tells what the event is about. Names that
/// the format uses
///        itself (`time level logger message`) are not for fields.
void log_event(log_level level, std::string_view source,
               std::string_view message, const json& fields = json::object());

} // namespace dspex
