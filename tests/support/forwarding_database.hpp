#pragma once

#include <memory>
#include <utility>

#include "persistence/store.hpp"

namespace dspex::test {

/// A database that asks another one, for tests that replace a part of it.
class forwarding_database : public database {
public:
  explicit forwarding_database(std::shared_ptr<database> inner)
    : inner_(std::move(inner)) {
  }

  result<std::unique_ptr<store>> connect(dspex::access mode) override {
    return inner_->connect(mode);
  }

  [[nodiscard]] size_t max_writers() const noexcept override {
    return inner_->max_writers();
  }

  [[nodiscard]] bool blocks() const noexcept override {
    return inner_->blocks();
  }

private:
  std::shared_ptr<database> inner_;
};

} // namespace dspex::test
