// What most headers include that is not ours. Reading it once instead of with
// every header makes the header check several times as fast; a header that
// lacks one of these is not noticed.

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>
