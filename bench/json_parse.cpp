#include <stdexcept>
#include <string>

#include "bench/benchmark.hpp"

namespace dspex::bench {

/// Reads a document of about 3 kB with all checks; the limit is the bare
/// library, which neither bounds the depth nor looks for members given twice.
measurement json_parse() {
  auto items = json::array();
  for (auto i = 0; i < 20; ++i)
    items.push_back({{"id", i},
                     {"text", "The parcel did not arrive in time, caf\u00e9."},
                     {"score", 0.5 + i},
                     {"tags", {"shipping", "late"}},
                     {"open", i % 2 == 0}});
  auto text = dump_json({{"items", std::move(items)}});
  if (!parse_json(text))
    throw std::logic_error("the document of the benchmark is not valid");
  auto [value, limit] = compare([&] { keep(parse_json(text)); },
                                [&] { keep(json::parse(text)); });
  return {
    value, limit, "us", {target::subject::ratio, target::relation::at_most, 2}};
}

} // namespace dspex::bench
