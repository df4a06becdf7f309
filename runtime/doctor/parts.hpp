#pragma once

#include <string>
#include <vector>

#include "adapters/python_port/options.hpp"
#include "runtime/doctor/doctor.hpp"

/// The parts of `examine`, each in a source of its own.
namespace dspex {

using findings = std::vector<finding>;

void examine_store(findings& out, const store_settings& settings,
                   const doctor_options& options);

/// @param base_url `lm.base_url`, or where the simulated model is.
/// @param severity what a server that cannot be used is rated as.
void examine_model(findings& out, const lm_settings& settings,
                   const std::string& base_url, health severity,
                   const doctor_options& options);

/// Starts a worker and lets it make a program, which calls no model.
/// @param severity what a Python that cannot run programs is rated as.
void examine_python(findings& out, python_port_options port, health severity,
                    const doctor_options& options);

} // namespace dspex
