#pragma once

#include <string_view>

#include <spdlog/spdlog.h>

#include "dspex/config.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// The logger `dspex` of the process: one line an event, to stderr, as text at
/// level `warn` until configured otherwise. An embedder may register its own
/// logger of that name with spdlog before it starts a runtime; its sinks and
/// formats are left alone. Thread safe.
spdlog::logger& log();

/// Sets the level and the format of the logger: of the whole process, so that
/// of several nodes in it the last one decides. Thread safe.
void configure_log(const log_settings& settings);

/// Logs an event of one part of a node.
///
/// As text it is `SOURCE: MESSAGE NAME=VALUE ...`. As JSON the logger is
/// `dspex.SOURCE`, and the fields are members of the object.
/// @param fields an object: what the event is about. Names that the format uses
///        itself (`time level logger message`) are not for fields.
void log_event(spdlog::level::level_enum level, std::string_view source,
               std::string_view message, const json& fields = json::object());

} // namespace dspex
