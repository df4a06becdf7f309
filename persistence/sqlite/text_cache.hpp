#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "core/text_cache.hpp"

namespace dspex {

/// Opens a file of cached texts, or makes it. Several processes may share it.
/// @param max_bytes the size of keys and texts beyond which the oldest are
///        dropped.
/// @param max_age the age beyond which texts are dropped.
/// @returns `invalid_option` for a file that is another database, and the
/// errors
///          of `open_database`.
[[nodiscard]] result<std::shared_ptr<text_cache>>
open_sqlite_text_cache(const std::string& path, size_t max_bytes,
                       std::chrono::seconds max_age);

} // namespace dspex
