#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace dspex::test {

/// A folder that lasts as long as the test.
class temporary_folder {
public:
  temporary_folder() {
    auto name
      = (std::filesystem::temp_directory_path() / "dspex-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("no temporary folder: " + name);
    path_ = name;
  }

  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const {
    return path_;
  }

  /// Writes a file and returns its name.
  std::string write(const std::string& name, std::string_view text) const {
    auto file = path_ / name;
    std::ofstream out{file, std::ios::binary};
    out << text;
    return file.string();
  }

private:
  std::filesystem::path path_;
};

} // namespace dspex::test
