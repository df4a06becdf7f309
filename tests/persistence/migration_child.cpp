// A process that migrates a SQLite file and is killed on the way:
//
//   migration_child URL up|down TO N
//
// It kills itself with SIGKILL after its Nth statement; if there are fewer it
// prints the outcome.
#include <csignal>
#include <cstdio>
#include <string>

#include <sqlite3.h>

#include "tests/conformance/store_conformance.hpp"

using namespace dspex;
using namespace dspex::test;

namespace {

int statements_left = 0;

int count_statement(unsigned, void*, void*, void*) {
  if (--statements_left == 0)
    raise(SIGKILL);
  return 0;
}

// Each statement is counted when it has ended.
int watch(sqlite3* handle, char**, const sqlite3_api_routines*) {
  return sqlite3_trace_v2(handle, SQLITE_TRACE_PROFILE, count_statement,
                          nullptr);
}

} // namespace

int main(int argc, char** argv) {
  auto args = std::vector<std::string>(argv + 1, argv + argc);
  auto options = database_options{};
  options.url = args.at(0);
  options.node = node_id::make();
  options.timeout = std::chrono::seconds{30};
  auto how = migrate_options{};
  how.to = static_cast<uint32_t>(std::stoul(args.at(2)));
  statements_left = std::stoi(args.at(3));
  sqlite3_auto_extension(reinterpret_cast<void (*)()>(+watch));
  auto got = args.at(1) == "up" ? migrate_up(options, how)
                                : migrate_down(options, how);
  std::puts(refusal(got).c_str());
}
