#pragma once

#include <memory>

#include "persistence/store.hpp"

namespace dspex {

/// Makes a new, empty store in memory. The store lives as long as the database
/// or one of its connections. Documents are shared with the caller, not copied.
[[nodiscard]] std::unique_ptr<database> make_memory_database();

} // namespace dspex
