#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <string_view>

namespace dspex::test {

/// A folder of a test's own; it is removed with everything in it.
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

  [[nodiscard]] const std::filesystem::path& path() const {
    return path_;
  }

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }

  /// Writes a file and returns its name.
  std::string write(const std::string& name, std::string_view text) const {
    auto file = path_ / name;
    std::ofstream{file, std::ios::binary} << text;
    return file.string();
  }

private:
  std::filesystem::path path_;
};

} // namespace dspex::test
