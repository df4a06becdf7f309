// A process of its own for the tests of what several processes do to one SQLite
// file. It prints one line:
//
//   sqlite_child URL activate SIGNATURE  the outcome
//   sqlite_child URL insert MODULE       records a signature; the outcome
//   sqlite_child URL claim PROGRAM KEY   the execution that owns the key, with
//                                        " mine" if it is this one; then waits
//                                        for ever
//   sqlite_child URL hold PROGRAM DRAFT  writes a live execution of PROGRAM,
//                                        begins to initialize DRAFT, says
//                                        "ready" and waits for ever
#include <cstdio>
#include <string>
#include <unistd.h>

#include "tests/conformance/store_conformance.hpp"

using namespace dspex;
using namespace dspex::test;

namespace {

int say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
  return 0;
}

int wait_for_ever() {
  for (;;)
    pause();
}

int claim(store& s, node_id node, const std::string& program,
          const std::string& key) {
  auto x = make_running(program_id::parse(program).value());
  x.node = node;
  x.executed_at = now();
  auto owner = must(s.claim_idempotency_key({key, "h", x}));
  say(to_string(owner.execution) + (owner.execution == x.id ? " mine" : ""));
  return wait_for_ever();
}

int hold(store& s, node_id node, const std::string& program,
         const std::string& draft) {
  auto x = make_running(program_id::parse(program).value());
  x.node = node;
  must(s.write({.live = {x}}));
  must(
    s.transition_program(program_id::parse(draft).value(),
                         {.action = program_action::initialize, .node = node}));
  say("ready");
  return wait_for_ever();
}

} // namespace

int main(int argc, char** argv) {
  auto args = std::vector<std::string>(argv + 1, argv + argc);
  auto options = database_options{};
  options.url = args.at(0);
  options.node = node_id::make();
  options.timeout = std::chrono::seconds{30};
  auto db = open_database(options);
  if (!db)
    return say(to_string(db.error()));
  auto connection = must((*db)->connect(access::read_write));
  if (args.at(1) == "activate")
    return say(refusal(connection->transition_signature(
      signature_id::parse(args.at(2)).value(), signature_action::activate)));
  if (args.at(1) == "insert")
    return say(
      refusal(connection->insert_signature(make_signature(args.at(2)))));
  if (args.at(1) == "claim")
    return claim(*connection, options.node, args.at(2), args.at(3));
  return hold(*connection, options.node, args.at(2), args.at(3));
}
