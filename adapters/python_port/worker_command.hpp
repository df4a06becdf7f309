#pragma once

#include "adapters/python_port/child_process.hpp"
#include "adapters/python_port/options.hpp"

namespace dspex {

/// What a worker is started with.
[[nodiscard]] child_command worker_command(const python_port_options& options);

} // namespace dspex
