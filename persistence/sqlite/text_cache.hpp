#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "core/text_cache.hpp"

namespace dspex {

/// Opens a file of cached texts, or makes it. Several processes may share it.
/// @param max_bytes of keys and texts; the oldest go first.
/// @param max_age after which texts are dropped.
/// @returns `invalid_option` for a file that is another database, else as
///          `open_database`.
[[nodiscard]] result<std::shared_ptr<text_cache>>
open_sqlite_text_cache(const std::string& path, size_t max_bytes,
                       std::chrono::seconds max_age);

} // namespace dspex
