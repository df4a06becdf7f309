#pragma once

#include <string_view>
#include <vector>

#include "dspex/json.hpp"
#include "simulator/inputs.hpp"
#include "simulator/text.hpp"

namespace dspex {

/// The choice whose words, and words that belong to its subject, occur most in
/// the inputs; of equals the first. If none occurs: a choice such as `other`
/// if there is one, else one by hash.
/// @returns null if there are no choices.
[[nodiscard]] json choose_sim_choice(const std::vector<json>& choices,
                                     std::string_view field,
                                     const sim_inputs& inputs, sim_hash decide);

/// The choices that occur in the inputs by that measure, in order.
[[nodiscard]] std::vector<json>
matching_sim_choices(const std::vector<json>& choices,
                     const sim_inputs& inputs);

} // namespace dspex
