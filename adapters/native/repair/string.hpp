#pragma once

#include "adapters/native/repair/reader.hpp"

namespace dspex::detail {

/// Reads the string that begins at the reader's place, or what json_repair
/// takes for one: a word, a block of code, a comment.
[[nodiscard]] json read_string(repair_reader& reader);

} // namespace dspex::detail
