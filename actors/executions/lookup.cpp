#include "actors/executions/lookup.hpp"

#include <utility>

namespace dspex {

result<program_record> find_program(store& s, const std::string& ref) {
  if (auto id = program_id::parse(ref))
    return s.get_program(*id);
  auto filter = program_filter{};
  filter.name = ref;
  auto found = s.list_programs(filter, {.limit = 10});
  if (!found)
    return fail(found.error());
  if (found->items.empty())
    return fail(errc::not_found,
                "No program has the id or name \"" + ref + '"');
  if (found->items.size() == 1)
    return std::move(found->items.front());
  auto ids = std::string{};
  for (auto& x : found->items)
    ids += (ids.empty() ? "" : ", ") + to_string(x.id);
  return fail(errc::conflict,
              "Several programs have the name \"" + ref + "\": " + ids);
}

result<any_signature> signature_of(store& s, const program_record& program) {
  return s.get_signature(program.signature.id)
    .and_then([](const signature_record& x) {
      return any_signature::from_json(*x.inputs, *x.outputs, x.instructions);
    });
}

} // namespace dspex
