#include "tests/conformance/store_conformance.hpp"

namespace dspex::test {

INSTANTIATE_TEST_SUITE_P(
  Engines, StoreConformance,
  testing::Values(store_engine{"memory",
                               [](const std::filesystem::path&) {
                                 return "memory:";
                               }},
                  store_engine{"sqlite",
                               [](const std::filesystem::path& directory) {
                                 return "sqlite:"
                                        + (directory / "test.db").string();
                               }}),
  [](const auto& tested) { return tested.param.name; });

} // namespace dspex::test
