#pragma once

#include <chrono>

#include "dspex/config.hpp"

namespace dspex::bench {

/// Round trips a second of three bare actors: caller -> actor -> actor -> back,
/// typed, each with a text of 200 bytes made for it, `window` at a time.
[[nodiscard]] double caf_chain_rate(const scheduler_settings& scheduler,
                                    size_t window,
                                    std::chrono::milliseconds warm_up,
                                    std::chrono::milliseconds turn);

} // namespace dspex::bench
