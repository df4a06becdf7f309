#pragma once

#include <string>

#include "dspex/any_signature.hpp"
#include "persistence/store.hpp"

namespace dspex {

/// Blocking reads for jobs of the store pool.

/// Finds a program by id or unique name; `conflict` lists the ids behind a name
/// that is not unique.
[[nodiscard]] result<program_record> find_program(store& s,
                                                  const std::string& ref);

/// Reads the signature that a program is bound to.
[[nodiscard]] result<any_signature> signature_of(store& s,
                                                 const program_record& program);

} // namespace dspex
