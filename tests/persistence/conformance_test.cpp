#include "tests/conformance/store_conformance.hpp"
#include "tests/support/postgres_scratch.hpp"

namespace dspex::test {

namespace {

// Every test has a new directory; the schema goes with the next test.
std::string new_postgres_url(const std::filesystem::path&) {
  // Made with the first one, so that it goes before libpqxx's own statics.
  static auto schema = std::make_unique<scratch_schema>();
  static auto is_new = true;
  if (!std::exchange(is_new, false))
    schema = std::make_unique<scratch_schema>();
  return schema->url();
}

std::vector<store_engine> engines() {
  auto out = std::vector<store_engine>{
    {"memory", [](const std::filesystem::path&) { return "memory:"; }},
    {"sqlite",
     [](const std::filesystem::path& directory) {
       return "sqlite:" + (directory / "test.db").string();
     }},
  };
  if (has_postgres())
    out.push_back({"postgres", new_postgres_url});
  return out;
}

} // namespace

INSTANTIATE_TEST_SUITE_P(Engines, StoreConformance,
                         testing::ValuesIn(engines()),
                         [](const auto& tested) { return tested.param.name; });

} // namespace dspex::test
