#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "adapters/native/lm/settings.hpp"
#include "core/text_cache.hpp"
#include "dspex/id.hpp"

namespace dspex {

/// The text whose SHA-256 is DSPy's key for a request: its members in order of
/// their names, without secrets and addresses.
[[nodiscard]] std::string dspy_request_text(const lm_options& settings,
                                            const json& messages,
                                            const json& response_format);

/// DSPy's key, with the address of the server before it: unlike DSPy, two
/// servers do not share answers. The API key has no part in it.
[[nodiscard]] std::string lm_cache_key(const lm_options& settings,
                                       const json& messages,
                                       const json& response_format);

struct lm_cache_options {
  /// How much memory keys and answers may take.
  size_t max_bytes = 100'000'000;
  /// Answers older than this are asked for again.
  std::chrono::seconds max_age{7 * 24 * 3600};
  /// The file behind the memory; none by default.
  std::shared_ptr<text_cache> file{};
  /// Receives the error when the file begins to fail, and null when it works
  /// again, in the thread that uses the file.
  std::function<void(const error*)> on_file{};
  std::function<timestamp()> clock = &now;
};

/// Answers of models: those used last in memory, all of them in a file if there
/// is one. Thread safe. An answer that cannot be kept is asked for again, that
/// is all.
class lm_cache {
public:
  explicit lm_cache(lm_cache_options options);

  /// Looks in memory. Does not block.
  [[nodiscard]] std::optional<json> find(const std::string& key);

  [[nodiscard]] bool has_file() const noexcept {
    return options_.file != nullptr;
  }

  /// Looks in the file, which may block, and keeps what is found in memory.
  [[nodiscard]] std::optional<json> find_in_file(const std::string& key);

  /// Keeps an answer in memory. Does not block.
  void put(const std::string& key, const json& answer);

  /// Writes an answer to the file, which may block.
  void put_in_file(const std::string& key, const json& answer);

private:
  using entries = std::list<cached_text>;

  [[nodiscard]] bool is_old(timestamp written) const;
  void insert(cached_text entry);
  void erase(entries::iterator i);
  void tell(const error* problem);

  lm_cache_options options_;
  std::mutex mutex_;
  /// The answer that was used last stands first.
  entries entries_;
  std::unordered_map<std::string, entries::iterator> by_key_;
  size_t bytes_ = 0;
  std::mutex file_mutex_;
  bool file_fails_ = false;
};

} // namespace dspex
