#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "adapters/mock/adapter.hpp"
#include "dspex/dspex.hpp"
#include "tests/support/mock_script.hpp"
#include "tests/support/must.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::test {

/// Asks again until the answer is yes; throws when that takes a minute.
template <class Condition>
void wait_until(Condition condition) {
  auto end = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (!condition())
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error("waited for too long");
}

/// A node of a test's own, by the name of its store: `memory` or `sqlite`.
///
/// The adapter `mock` answers as `script` says; `slow` never gets a program
/// ready, and no run of a program on `endless` ends by itself.
class test_node {
public:
  explicit test_node(const std::string& store)
    : node_(must(runtime::start(options(store)))) {
  }

  [[nodiscard]] dspex::client client() const {
    return node_.client();
  }

  [[nodiscard]] runtime& node() {
    return node_;
  }

  [[nodiscard]] mock_script& script() const {
    return *script_;
  }

private:
  runtime_options options(const std::string& store) const {
    auto out = runtime_options{};
    out.store_url = store == "memory"
                      ? "memory:"
                      : "sqlite:" + (folder_ / "store.db").string();
    out.drain_limit = std::chrono::milliseconds{0};
    out.config.log.level = "off";
    out.adapters["mock"] = scripted_adapter_factory(script_);
    out.adapters["slow"]
      = mock_adapter_factory({.create_latency = std::chrono::hours{1}});
    out.adapters["endless"]
      = mock_adapter_factory({.latency = std::chrono::hours{1}});
    return out;
  }

  temp_folder folder_;
  std::shared_ptr<mock_script> script_ = std::make_shared<mock_script>();
  runtime node_;
};

} // namespace dspex::test
