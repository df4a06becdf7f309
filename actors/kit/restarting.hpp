#pragma once

#include <string>
#include <string_view>

#include "dspex/error.hpp"

namespace dspex {

/// Answers a request to an actor that has ended and is not started again yet.
/// @param who names the actor in a sentence, e.g. `store`.
[[nodiscard]] inline error restarting(std::string_view who,
                                      errc code = errc::backend_unavailable) {
  return {code, "The " + std::string{who} + " is restarting"};
}

} // namespace dspex
