#pragma once

#include <memory>

#include "adapters/native/run/conversation.hpp"

namespace dspex {

/// Runs a `ReAct`: lets the model choose a tool, calls the tool, and goes on
/// until the model has chosen `finish` or may not call more; then asks it for
/// the outputs. Calls back with them; the trajectory goes into the metadata.
/// @param who reads the reply that has the outputs while it comes in.
void start_react_run(std::shared_ptr<conversation> with,
                     conversation::audience who, fields_callback then);

} // namespace dspex
