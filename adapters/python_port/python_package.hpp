#pragma once

#include <filesystem>
#include <string>

namespace dspex {

/// Where the Python package `dspex_worker` is, and what runs it.
struct python_package {
  /// The folder to be in `PYTHONPATH`; empty if the package is nowhere.
  std::filesystem::path folder;
  /// The virtual environment's interpreter if there is one, else `python3`.
  std::string python = "python3";
};

/// Looks beside the running program (`../share/dspex/python`), where dspex was
/// installed, and in the sources that it was built from.
[[nodiscard]] python_package find_python_package();

} // namespace dspex
