#pragma once

#include <cstdint>

#include <CLI/CLI.hpp>

#include "cli/render.hpp"

namespace dspex::cli {

/// Adds `--limit`, `--cursor` and `--all`, which every list has.
inline void add_list_options(CLI::App& sub, list_options& options) {
  auto* limit
    = sub.add_option("--limit", options.limit, "At most this many (50)")
        ->type_name("N")
        ->check(CLI::Range(uint32_t{1}, uint32_t{1'000'000}))
        ->option_text("N");
  sub
    .add_option("--cursor", options.cursor, "Continue where another list ended")
    ->type_name("CURSOR");
  sub.add_flag("--all", options.all, "Everything, page by page")
    ->excludes(limit);
}

} // namespace dspex::cli
