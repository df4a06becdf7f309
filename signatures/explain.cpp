#include "signatures/explain.hpp"

#include "dspex/any_signature.hpp"
#include "signatures/canonical.hpp"
#include "signatures/issue.hpp"
#include "signatures/reader.hpp"

namespace dspex {

namespace {

/// Returns the faults that were found in the parts; if there are none, the one
/// of the whole signature.
std::vector<error> or_whole(std::vector<error> found,
                            const result<any_signature>& whole) {
  if (found.empty() && !whole)
    found.push_back(whole.error());
  return found;
}

} // namespace

std::vector<error> explain_text(std::string_view text,
                                const std::string& instructions) {
  detail::pattern_pool patterns;
  detail::reader reader{text, patterns};
  std::vector<error> found;
  for (const auto& issue : reader.find_faults())
    found.push_back(detail::to_error(issue, text));
  return or_whole(std::move(found), any_signature::parse(text, instructions));
}

std::vector<error> explain_fields(const json& inputs, const json& outputs,
                                  const std::string& instructions) {
  detail::pattern_pool patterns;
  return or_whole(detail::find_faults(inputs, outputs, patterns),
                  any_signature::from_json(inputs, outputs, instructions));
}

} // namespace dspex
