#include <algorithm>

#include "dspex/any_signature.hpp"

namespace dspex {

result<std::string> normalize_module(std::string_view name) {
  constexpr std::string_view prefix = "Elixir.";
  while (name.substr(0, prefix.size()) == prefix)
    name.remove_prefix(prefix.size());
  auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  auto is_part = [is_upper](char c) {
    return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
           || c == '_' || c == '.';
  };
  if (name.empty() || !is_upper(name.front())
      || !std::all_of(name.begin(), name.end(), is_part))
    return fail(errc::invalid_signature, "Module must be a valid module name",
                {{"field", "signature_module"}});
  return std::string{name};
}

} // namespace dspex
