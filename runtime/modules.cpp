#include "runtime/modules.hpp"

#include "core/version.hpp"

namespace dspex {

result<void> add_modules(const std::vector<module_definition>& definitions,
                         module_table& out) {
  for (auto& x : definitions) {
    auto name = normalize_module(x.module);
    if (!name)
      return fail(errc::invalid_signature,
                  name.error().message + ", got \"" + x.module + '"',
                  name.error().details);
    if (!is_version(x.version))
      return fail(errc::invalid_option,
                  "Module " + *name
                    + ": version must be three numbers with dots between, got "
                      "\""
                    + x.version + '"');
    if (out.find(*name))
      return fail(errc::invalid_option, "Module " + *name + " is given twice");
    auto sig = any_signature::parse(x.signature, x.instructions);
    if (!sig)
      return fail(errc::invalid_signature,
                  "Module " + *name + ": " + sig.error().message,
                  sig.error().details);
    out.put(
      {*name, std::move(*sig), x.version, x.description, module_origin::cpp});
  }
  return {};
}

} // namespace dspex
