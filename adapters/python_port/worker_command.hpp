#pragma once

#include "adapters/python_port/child_process.hpp"
#include "adapters/python_port/options.hpp"

namespace dspex {

/// Makes the command that starts a worker.
[[nodiscard]] child_command worker_command(const python_port_options& options);

} // namespace dspex
