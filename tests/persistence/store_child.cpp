// A process of its own for the tests of what several processes do to one store.
// It prints one line:
//
//   store_child URL migrate              brings the schema up to date; the
//                                        outcome
//   store_child URL activate SIGNATURE   the outcome
//   store_child URL insert MODULE        records a signature; the outcome
//   store_child URL claim PROGRAM KEY    the execution that owns the key, with
//                                        " mine" if it is this one; then waits
//                                        for ever
//   store_child URL hold PROGRAM DRAFT   writes a live execution of PROGRAM,
//                                        begins to initialize DRAFT, says
//                                        "ready" and waits for ever
//   store_child URL finish PROGRAM       writes a live execution of PROGRAM and
//                                        says its id; on SIGUSR1 it finishes
//                                        that and says the outcome, then that
//                                        of one more execution
//
// DSPEX_TEST_LEASE_MS sets its lease.
#include <csignal>
#include <cstdio>
#include <cstdlib>
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

int finish(store& s, node_id node, const std::string& program,
           const sigset_t& go) {
  auto write = [&](execution_record x) {
    x.status = execution_status::completed;
    x.finished_at = now();
    x.duration_us = 1;
    return say(refusal(s.write({.finished = {x}})));
  };
  auto x = make_running(program_id::parse(program).value());
  x.node = node;
  x.executed_at = now();
  must(s.write({.live = {x}}));
  say(to_string(x.id));
  auto signal = 0;
  sigwait(&go, &signal);
  write(x);
  x.id = execution_id::make();
  x.executed_at = now();
  return write(x);
}

} // namespace

int main(int argc, char** argv) {
  auto args = std::vector<std::string>(argv + 1, argv + argc);
  // Before there are threads that could take it.
  auto go = sigset_t{};
  sigemptyset(&go);
  sigaddset(&go, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &go, nullptr);
  auto options = database_options{};
  options.url = args.at(0);
  options.node = node_id::make();
  options.timeout = std::chrono::seconds{30};
  if (auto lease = std::getenv("DSPEX_TEST_LEASE_MS"))
    options.lease = std::chrono::milliseconds{std::atoi(lease)};
  if (args.at(1) == "migrate")
    return say(refusal(migrate_up(options)));
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
  if (args.at(1) == "finish")
    return finish(*connection, options.node, args.at(2), go);
  return hold(*connection, options.node, args.at(2), args.at(3));
}
