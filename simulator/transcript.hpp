#pragma once

#include <fstream>
#include <mutex>
#include <string>

#include "dspex/error.hpp"

namespace dspex {

/// A file to which lines are added, each at once. Thread safe.
class sim_transcript {
public:
  /// @returns `invalid_option` if the file cannot be written.
  result<void> open(const std::string& file) {
    out_.open(file, std::ios::app | std::ios::binary);
    if (!out_)
      return fail(errc::invalid_option, "Cannot write the transcript " + file);
    return {};
  }

  [[nodiscard]] bool is_open() const {
    return out_.is_open();
  }

  void add(const std::string& line) {
    std::lock_guard guard{mutex_};
    out_ << line << std::flush;
  }

private:
  std::mutex mutex_;
  std::ofstream out_;
};

} // namespace dspex
