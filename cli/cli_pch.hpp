// The precompiled header of the command line.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "dspex/client.hpp"
#include "dspex/runtime.hpp"
