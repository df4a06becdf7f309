#pragma once

#include <memory>

#include "adapters/native/run/conversation.hpp"

namespace dspex {

/// Runs a module that asks the model once: `Predict`, `ChainOfThought` or
/// `MultiChainComparison`. Calls back with the outputs of the signature; what
/// the model says beside them goes into the metadata.
/// @param who reads the reply while it comes in.
void start_predict_run(const std::shared_ptr<conversation>& with,
                       conversation::audience who, fields_callback then);

} // namespace dspex
