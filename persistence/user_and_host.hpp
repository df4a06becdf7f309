#pragma once

#include <string>

namespace dspex {

/// Returns the user and host of this process, e.g. `deploy@host1`. The record
/// of a migration names them.
[[nodiscard]] std::string user_and_host();

} // namespace dspex
