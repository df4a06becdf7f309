#pragma once

#include <memory>

#include "adapters/native/run/conversation.hpp"

namespace dspex {

/// Runs a `BestOfN`: starts the module again until an attempt earns the reward
/// that the plan asks for, and calls back with the outputs of the best attempt.
/// The metadata are that attempt's, with `attempts` and `reward`.
/// @pre the program has a reward.
void start_best_of_n_run(std::shared_ptr<conversation> with,
                         fields_callback then);

} // namespace dspex
