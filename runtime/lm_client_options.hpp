#pragma once

#include "adapters/native/lm_client.hpp"
#include "dspex/config.hpp"

namespace dspex {

/// How a node asks models, as configured; opens the cache.
/// @returns `invalid_option` for a cache, proxy or file of certificates that
///          cannot be used, else what the file of the cache fails with.
[[nodiscard]] result<lm_client_options>
make_lm_client_options(const lm_settings& x);

} // namespace dspex
