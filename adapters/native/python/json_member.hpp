#pragma once

#include "dspex/json.hpp"

namespace dspex {

/// The member of an object that is there and not null, or null.
inline const json* find_member(const json& object, const char* name) {
  if (!object.is_object())
    return nullptr;
  auto i = object.find(name);
  return i != object.end() && !i->is_null() ? &*i : nullptr;
}

} // namespace dspex
