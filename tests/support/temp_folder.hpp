#pragma once

#include <filesystem>
#include <stdexcept>
#include <stdlib.h>
#include <string>

namespace dspex::test {

/// A folder of a test's own; removed with everything in it.
class temp_folder {
public:
  temp_folder() {
    auto pattern
      = (std::filesystem::temp_directory_path() / "dspex-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }

  temp_folder(const temp_folder&) = delete;
  temp_folder& operator=(const temp_folder&) = delete;

  ~temp_folder() {
    auto ec = std::error_code{};
    std::filesystem::remove_all(path_, ec);
  }

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }

private:
  std::filesystem::path path_;
};

} // namespace dspex::test
