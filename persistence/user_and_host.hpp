#pragma once

#include <string>

namespace dspex {

/// Who runs this process, e.g. `deploy@host1`, for the record of migrations.
[[nodiscard]] std::string user_and_host();

} // namespace dspex
