#pragma once

#include <cstddef>
#include <string_view>

#include "adapters/native/python/text.hpp"

namespace dspex::test {

/// Lets `to.read` take a text in pieces of so many characters.
template <class Stream>
void read_in_pieces(Stream& to, std::string_view text, size_t characters) {
  while (!text.empty()) {
    size_t length = 0;
    for (size_t i = 0; i < characters && length < text.size(); ++i)
      length += character_length(text, length);
    to.read(text.substr(0, length));
    text.remove_prefix(length);
  }
}

} // namespace dspex::test
