#include "signatures/values/patterns.hpp"

#include <cstdint>

#include <re2/re2.h>

#include "signatures/values/text.hpp"

namespace dspex::detail {

namespace {

/// The most bytes that one pattern may use, compiled and while it matches.
constexpr int64_t max_pattern_memory = 1 << 20;

/// The most instructions that all patterns of a signature may have together; an
/// instruction takes 16 bytes.
constexpr size_t max_program_size = 100'000;

} // namespace

pattern_pool::pattern_pool() = default;

pattern_pool::pattern_pool(pattern_pool&&) noexcept = default;

pattern_pool& pattern_pool::operator=(pattern_pool&&) noexcept = default;

pattern_pool::~pattern_pool() = default;

std::optional<std::string> pattern_pool::add(const std::string& pattern) {
  if (patterns_.count(pattern) > 0)
    return std::nullopt;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(max_pattern_memory);
  auto compiled = std::make_unique<const re2::RE2>(pattern, options);
  if (!compiled->ok())
    return shorten(compiled->error(), 100);
  auto size = static_cast<size_t>(compiled->ProgramSize());
  if (program_size_ + size > max_program_size)
    return "the patterns of the signature are too large";
  program_size_ += size;
  patterns_.emplace(pattern, std::move(compiled));
  return std::nullopt;
}

const re2::RE2& pattern_pool::get(const std::string& pattern) const {
  return *patterns_.at(pattern);
}

} // namespace dspex::detail
