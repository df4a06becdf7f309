// The precompiled header of tests that do not know CAF: `core_test` makes it,
// others name that target.

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dspex/adapter.hpp"
#include "dspex/any_signature.hpp"
