#include "dspex/signature.hpp"

namespace dspex::compile_time {

result<any_signature> read_again(std::string_view text) {
  return any_signature::parse(text);
}

result<void> check_outputs(std::string_view module,
                           const result<any_signature>& sig, json& values) {
  if (!sig)
    return fail(sig.error());
  auto problems = sig->validate(side::outputs, values);
  if (problems.empty())
    return {};
  auto message = "Not the outputs of " + std::string{module} + ": ";
  auto list = json::array();
  for (const auto& x : problems) {
    if (!list.empty())
      message += "; ";
    message += x.message;
    list.push_back(to_json(x));
  }
  return fail(errc::invalid_output, std::move(message),
              {{"problems", std::move(list)}});
}

} // namespace dspex::compile_time
