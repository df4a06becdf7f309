#include "messages/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>

namespace dspex {

spdlog::logger& log() {
  static const auto instance = [] {
    if (auto existing = spdlog::get("dspex"))
      return existing;
    auto made = spdlog::stderr_logger_mt("dspex");
    made->set_level(spdlog::level::warn);
    return made;
  }();
  return *instance;
}

} // namespace dspex
