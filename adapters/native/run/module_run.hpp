#pragma once

#include <memory>

#include "adapters/native/run/conversation.hpp"

namespace dspex {

/// Runs the module of the conversation's program once, whichever it is, and
/// calls back with the outputs of the signature.
/// @param who reads the outputs while they come in.
void start_module_run(const std::shared_ptr<conversation>& with,
                      conversation::audience who, fields_callback then);

} // namespace dspex
