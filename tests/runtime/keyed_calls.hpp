#pragma once

#include <string>
#include <vector>

namespace dspex::test {

struct keyed_outcome {
  /// How often the backend was called.
  size_t model_calls = 0;
  /// One line each.
  std::vector<std::string> answers;
};

/// Starts a node on the store and runs the program `callers` times at once, all
/// with the same idempotency key and inputs. The backend takes its time.
keyed_outcome call_with_one_key(const std::string& store_url,
                                const std::string& program, size_t callers);

} // namespace dspex::test
