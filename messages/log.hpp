#pragma once

#include <spdlog/spdlog.h>

namespace dspex {

/// The logger `dspex` of the process: one line an event, to stderr, at level
/// `warn` until configured otherwise. An embedder may register its own logger
/// of that name with spdlog before it starts a runtime. Thread safe.
spdlog::logger& log();

} // namespace dspex
