// Idempotency keys.

#include <algorithm>

#include "tests/conformance/store_conformance.hpp"

namespace dspex::test {

namespace {

constexpr auto tick = std::chrono::microseconds{1};

idempotency_claim make_claim(program_id program,
                             const std::string& inputs_hash = "h1") {
  return {"key", inputs_hash, make_running(program)};
}

idempotency_owner owner_of(const idempotency_claim& x) {
  return {x.execution.id, x.inputs_hash};
}

execution_record ended(execution_record x, errc code) {
  x.status = code == errc::none ? execution_status::completed
                                : execution_status::failed;
  x.error_code = code;
  x.duration_us = 5;
  x.finished_at = at_second(1'700'000'014);
  return x;
}

// Each code there is, and none.
std::vector<errc> every_end() {
  auto out = std::vector<errc>{errc::none};
  for (uint8_t i = 1; i < 60; ++i)
    if (auto code = static_cast<errc>(i);
        errc_from_string(to_string(code)) == code)
      out.push_back(code);
  return out;
}

} // namespace

TEST_P(StoreConformance, FirstClaimTakesTheKeyAndInsertsTheExecution) {
  auto x = make_claim(program_.id);
  EXPECT_EQ(must(store_->claim_idempotency_key(x)), owner_of(x));
  EXPECT_EQ(must(store_->get_execution(x.execution.id)), x.execution);
  EXPECT_EQ(must(store_->get_statistics(program_.id)).in_progress, 1u);
}

TEST_P(StoreConformance, SecondClaimFindsTheFirstAndChangesNothing) {
  auto first = make_claim(program_.id);
  must(store_->claim_idempotency_key(first));
  for (auto hash : {"h1", "h2"}) {
    auto second = make_claim(program_.id, hash);
    EXPECT_EQ(must(store_->claim_idempotency_key(second)), owner_of(first));
    EXPECT_FALSE(store_->get_execution(second.execution.id));
  }
  EXPECT_EQ(all_executions({}).size(), 1u);
}

TEST_P(StoreConformance, KeysOfProgramsAndOtherKeysAreFree) {
  auto first = make_claim(program_.id);
  must(store_->claim_idempotency_key(first));
  auto elsewhere = make_claim(program_in(program_status::ready).id);
  EXPECT_EQ(must(store_->claim_idempotency_key(elsewhere)),
            owner_of(elsewhere));
  for (auto key : {"KEY", "key ", ""}) {
    auto other = make_claim(program_.id);
    other.key = key;
    EXPECT_EQ(must(store_->claim_idempotency_key(other)), owner_of(other));
  }
}

TEST_P(StoreConformance, ClaimMayBeSentAgain) {
  auto x = make_claim(program_.id);
  must(store_->claim_idempotency_key(x));
  EXPECT_EQ(must(store_->claim_idempotency_key(x)), owner_of(x));
  must(store_->write({.finished = {ended(x.execution, errc::interrupted)}}));
  EXPECT_EQ(must(store_->claim_idempotency_key(x)), owner_of(x));
  EXPECT_EQ(all_executions({}).size(), 1u);
}

TEST_P(StoreConformance, KeyIsFreedByEndsThatSayTryAgainAndByNoOthers) {
  auto freeing = std::vector{errc::overloaded, errc::store_unavailable,
                             errc::interrupted};
  auto ends = every_end();
  ASSERT_EQ(ends.size(), 21u);
  for (auto code : ends) {
    SCOPED_TRACE(to_string(code));
    auto first = make_claim(program_.id);
    first.key = to_string(code);
    must(store_->claim_idempotency_key(first));
    must(store_->write({.finished = {ended(first.execution, code)}}));
    auto second = make_claim(program_.id);
    second.key = first.key;
    auto frees = std::ranges::find(freeing, code) != freeing.end();
    EXPECT_EQ(must(store_->claim_idempotency_key(second)),
              owner_of(frees ? second : first));
    auto third = make_claim(program_.id);
    third.key = first.key;
    EXPECT_EQ(must(store_->claim_idempotency_key(third)),
              owner_of(frees ? second : first));
    EXPECT_EQ(must(store_->get_execution(first.execution.id)).error_code, code);
  }
}

TEST_P(StoreConformance, KeyExpiresADayAfterItWasClaimed) {
  auto first = make_claim(program_.id);
  must(store_->claim_idempotency_key(first));
  must(store_->write({.finished = {ended(first.execution, errc::none)}}));
  auto second = make_claim(program_.id);
  second.execution.executed_at = first.execution.executed_at
                                 + idempotency_period - tick;
  EXPECT_EQ(must(store_->claim_idempotency_key(second)), owner_of(first));
  second.execution.executed_at += tick;
  EXPECT_EQ(must(store_->claim_idempotency_key(second)), owner_of(second));
  auto third = make_claim(program_.id);
  third.execution.executed_at = second.execution.executed_at
                                + idempotency_period - tick;
  EXPECT_EQ(must(store_->claim_idempotency_key(third)), owner_of(second));
  EXPECT_EQ(refusal(store_->get_execution(first.execution.id)), "ok");
}

TEST_P(StoreConformance, PrunedExecutionFreesItsKey) {
  auto first = make_claim(program_.id);
  must(store_->claim_idempotency_key(first));
  must(store_->write({.finished = {ended(first.execution, errc::none)}}));
  EXPECT_EQ(must(store_->prune({.older_than = now()}, 10)), 1u);
  auto second = make_claim(program_.id);
  EXPECT_EQ(must(store_->claim_idempotency_key(second)), owner_of(second));
}

TEST_P(StoreConformance, SweepDropsExpiredKeysAndKeepsTheOthers) {
  auto old = make_claim(program_.id);
  old.key = "old";
  old.execution.executed_at = now() - idempotency_period
                              - std::chrono::hours{1};
  auto fresh = make_claim(program_.id);
  fresh.key = "fresh";
  fresh.execution.executed_at = now() - idempotency_period
                                + std::chrono::hours{1};
  for (auto& x : {old, fresh}) {
    must(store_->claim_idempotency_key(x));
    must(store_->write({.finished = {ended(x.execution, errc::none)}}));
  }
  must(store_->sweep());
  // At the same moment, so that the key has not expired for the claim.
  for (auto& x : {old, fresh}) {
    auto again = make_claim(program_.id);
    again.key = x.key;
    again.execution.executed_at = x.execution.executed_at;
    EXPECT_EQ(must(store_->claim_idempotency_key(again)),
              owner_of(x.key == "old" ? again : x));
  }
}

TEST_P(StoreConformance, ClaimWithAUsedExecutionIdIsAConflict) {
  auto live = execution_in(execution_status::running, true);
  auto done = execution_in(execution_status::completed, false);
  for (auto id : {live.id, done.id}) {
    auto x = make_claim(program_.id);
    x.execution.id = id;
    EXPECT_EQ(refusal(store_->claim_idempotency_key(x)),
              "conflict: The execution id " + to_string(id) + " is in use");
  }
  EXPECT_EQ(must(store_->get_execution(live.id)), live);
  auto free = make_claim(program_.id);
  EXPECT_EQ(must(store_->claim_idempotency_key(free)), owner_of(free));
}

TEST_P(StoreConformance, RefusesAClaimThatCannotStand) {
  auto x = make_claim(program_id::make());
  EXPECT_EQ(refusal(store_->claim_idempotency_key(x)),
            "not_found: No program has the id "
              + to_string(x.execution.program_id));
  auto expect_refused = [&](const char* why) {
    EXPECT_EQ(refusal(store_->claim_idempotency_key(x)),
              "store_rejected: execution " + to_string(x.execution.id) + ": "
                + why);
  };
  x = make_claim(program_.id);
  x.key = std::string{"a\0b", 3};
  expect_refused("idempotency_key contains the character U+0000");
  x = make_claim(program_.id);
  x.key = "a\xFF";
  expect_refused("idempotency_key is not valid UTF-8");
  x = make_claim(program_.id);
  x.execution.node = node_id{};
  expect_refused("node is missing");
  x = make_claim(program_.id);
  x.execution = make_completed(program_.id);
  expect_refused("status is terminal");
  EXPECT_TRUE(all_executions({}).empty());
}

TEST_P(StoreConformance, KeysGoWithTheirProgram) {
  auto x = make_claim(program_.id);
  must(store_->claim_idempotency_key(x));
  must(store_->write({.finished = {ended(x.execution, errc::none)}}));
  EXPECT_EQ(refusal(store_->destroy_program(program_.id, true)), "ok");
  EXPECT_EQ(refusal(store_->claim_idempotency_key(make_claim(program_.id))),
            "not_found: No program has the id " + to_string(program_.id));
}

} // namespace dspex::test
