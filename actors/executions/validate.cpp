#include "actors/executions/validate.hpp"

#include <string>
#include <utility>

namespace dspex {

namespace {

tl::unexpected<error> invalid(side which, const std::string& why,
                              json details = nullptr) {
  if (which == side::inputs)
    return fail(errc::invalid_input, "Input validation failed: " + why,
                std::move(details));
  return fail(errc::invalid_output, "Output validation failed: " + why,
              std::move(details));
}

// The values as they are recorded.
result<json> convert(const any_signature& sig, side which, json values) {
  auto problems = sig.validate(which, values);
  if (problems.empty())
    return values;
  auto text = std::string{};
  auto list = json::array();
  for (auto& x : problems) {
    text += (text.empty() ? "" : "; ") + x.message;
    list.push_back(to_json(x));
  }
  return invalid(which, text, {{"problems", std::move(list)}});
}

} // namespace

result<void> make_valid(const any_signature& sig, side which, json& values) {
  if (sig.fits(which, values))
    return {};
  auto valid = convert(sig, which, values);
  if (!valid)
    return fail(std::move(valid.error()));
  values = std::move(*valid);
  return {};
}

result<void> make_valid(const any_signature& sig, side which, document& values,
                        size_t max_bytes) {
  if (auto size = text_size(*values); size > max_bytes)
    return invalid(which, (which == side::inputs ? "the inputs have about "
                                                 : "the outputs have about ")
                            + std::to_string(size) + " bytes, at most "
                            + std::to_string(max_bytes) + " are allowed");
  if (sig.fits(which, *values))
    return {};
  auto valid = convert(sig, which, *values);
  if (!valid)
    return fail(std::move(valid.error()));
  values = document{std::move(*valid)};
  return {};
}

} // namespace dspex
