#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// Returns the reasons why `any_signature::parse` would refuse a text: after a
/// fault reading goes on with the next field. There are at most a hundred; the
/// first is the one that `parse` gives.
[[nodiscard]] std::vector<error>
explain_text(std::string_view text, const std::string& instructions = {});

/// Returns the reasons why `any_signature::from_json` would refuse a signature,
/// in the same way as `explain_text`.
[[nodiscard]] std::vector<error>
explain_fields(const json& inputs, const json& outputs,
               const std::string& instructions = {});

} // namespace dspex
