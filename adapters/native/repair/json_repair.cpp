#include "adapters/native/repair/json_repair.hpp"

#include "adapters/native/repair/reader.hpp"

namespace dspex {

std::optional<json> repair_json(std::string_view text) {
  auto limits = json_limits{};
  limits.replace_bad_text = true;
  if (auto strict = parse_json(text, limits))
    return std::move(*strict);
  if (text.size() > limits.max_bytes)
    return std::nullopt;
  return detail::repair_reader{detail::decode_text(text)}.read();
}

} // namespace dspex
