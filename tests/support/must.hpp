#pragma once

#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "dspex/error.hpp"

namespace dspex::test {

/// Returns the value, or throws what went wrong, which fails the test.
template <class T>
T must(result<T> x) {
  if (!x)
    throw std::runtime_error("unexpected " + to_string(x.error()));
  if constexpr (!std::is_void_v<T>)
    return std::move(*x);
}

/// Renders the refusal as `code: message`, or `ok`.
template <class T>
std::string refusal(const result<T>& x) {
  return x ? "ok" : to_string(x.error());
}

} // namespace dspex::test
