#include "adapters/python_port/python_package.hpp"

#include <array>

namespace dspex {

namespace {

struct place {
  std::filesystem::path folder;
  std::filesystem::path environment;
};

} // namespace

python_package find_python_package() {
  auto ignored = std::error_code{};
  auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  auto beside = program.parent_path().parent_path() / "share/dspex/python";
  auto installed = std::filesystem::path{DSPEX_DATA_DIR} / "dspex/python";
  auto sources = std::filesystem::path{DSPEX_SOURCE_DIR};
  for (auto& x : std::array{place{beside, beside / "venv"},
                            place{installed, installed / "venv"},
                            place{sources / "adapters/python_port/python",
                                  sources / "build/python"}}) {
    if (!exists(x.folder / "dspex_worker/__main__.py", ignored))
      continue;
    auto result = python_package{x.folder};
    if (exists(x.environment / "bin/python", ignored))
      result.python = (x.environment / "bin/python").string();
    return result;
  }
  return {};
}

} // namespace dspex
