#include "tests/conformance/store_conformance.hpp"

namespace dspex::test {

// -- signatures ---------------------------------------------------------------

TEST_P(StoreConformance, ReturnsTheSignatureThatWasInserted) {
  auto x = make_signature("Support.Triage");
  EXPECT_EQ(must(store_->insert_signature(x)), x);
  EXPECT_EQ(must(store_->get_signature(x.id)), x);
}

TEST_P(StoreConformance, SecondInsertOfAVersionReturnsTheFirst) {
  auto first = make_signature("Support.Triage");
  must(store_->insert_signature(first));
  auto second = make_signature("Support.Triage");
  second.name = "Other";
  EXPECT_EQ(must(store_->insert_signature(second)), first);
  EXPECT_EQ(refusal(store_->get_signature(second.id)),
            "not_found: No signature has the id " + to_string(second.id));
}

TEST_P(StoreConformance, VersionsOfAModuleAreDistinctRecords) {
  auto first = make_signature("Support.Triage", "1.0.0");
  auto second = make_signature("Support.Triage", "1.0.1");
  must(store_->insert_signature(first));
  EXPECT_EQ(must(store_->insert_signature(second)), second);
}

TEST_P(StoreConformance, RefusesASecondSignatureWithTheSameId) {
  auto first = make_signature("Support.Triage");
  must(store_->insert_signature(first));
  auto second = make_signature("Support.Other");
  second.id = first.id;
  auto got = store_->insert_signature(second);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::store_rejected);
}

TEST_P(StoreConformance, RefusesASignatureWithABlankName) {
  auto x = make_signature("Support.Triage");
  x.name = " \t";
  EXPECT_EQ(refusal(store_->insert_signature(x)),
            "store_rejected: signature " + to_string(x.id) + ": name is blank");
}

TEST_P(StoreConformance, TransitionOfAnUnknownRecordIsNotFound) {
  auto sig = signature_id::make();
  EXPECT_EQ(
    refusal(store_->transition_signature(sig, signature_action::activate)),
    "not_found: No signature has the id " + to_string(sig));
  auto program = program_id::make();
  EXPECT_EQ(refusal(store_->transition_program(
              program, {.action = program_action::archive})),
            "not_found: No program has the id " + to_string(program));
}

// -- programs -----------------------------------------------------------------

TEST_P(StoreConformance, ReturnsTheProgramThatWasInsertedWithItsSignature) {
  auto sig = signature_in(signature_status::active);
  auto x = make_program(sig.id);
  x.completed_count = 3;
  x.failed_count = 2;
  x.pruned_completed = 1;
  x.pruned_failed = 1;
  x.duration_us_sum = 12345;
  x.last_executed_at = at_second(1'700'000'100);
  x.ephemeral = true;
  x.generation = 7;
  x.owner_node = node_id::make();
  x.backend_program_id = "b";
  auto expected = x;
  expected.signature = {sig.id, sig.module, sig.version, sig.status};
  EXPECT_EQ(must(store_->insert_program(x)), expected);
  EXPECT_EQ(must(store_->get_program(x.id)), expected);
}

TEST_P(StoreConformance, ProgramShowsTheStatusItsSignatureHasNow) {
  auto id = program_.signature.id;
  must(store_->transition_signature(id, signature_action::deprecate));
  EXPECT_EQ(must(store_->get_program(program_.id)).signature.status,
            signature_status::deprecated);
}

TEST_P(StoreConformance, ProgramNeedsAKnownSignatureThatIsNotDeprecated) {
  auto unknown = signature_id::make();
  EXPECT_EQ(refusal(store_->insert_program(make_program(unknown))),
            "not_found: No signature has the id " + to_string(unknown));
  auto deprecated = signature_in(signature_status::deprecated);
  EXPECT_EQ(refusal(store_->insert_program(make_program(deprecated.id))),
            "invalid_transition: Signature is deprecated");
  auto draft = signature_in(signature_status::draft);
  EXPECT_EQ(refusal(store_->insert_program(make_program(draft.id))), "ok");
}

TEST_P(StoreConformance, ProgramInsertedAgainReturnsTheRecordThatIsThere) {
  must(store_->transition_program(program_.id,
                                  {.action = program_action::archive}));
  EXPECT_EQ(must(store_->insert_program(program_)).status,
            program_status::archived);
}

TEST_P(StoreConformance, RefusesAProgramWithABlankName) {
  auto x = make_program(program_.signature.id, "");
  EXPECT_EQ(refusal(store_->insert_program(x)),
            "store_rejected: program " + to_string(x.id) + ": name is blank");
}

TEST_P(StoreConformance, InitializingProgramBelongsToItsNodeUntilItEnds) {
  auto node = node_id::make();
  auto x = must(store_->transition_program(
    program_.id, {.action = program_action::initialize, .node = node}));
  EXPECT_EQ(x.owner_node, node);
  x = must(store_->transition_program(program_.id,
                                      {.action = program_action::become_ready,
                                       .expected_generation = x.generation,
                                       .backend_program_id = "backend-9"}));
  EXPECT_EQ(x.owner_node, std::nullopt);
  EXPECT_EQ(x.backend_program_id, "backend-9");
}

TEST_P(StoreConformance, ErrorIsKeptUntilTheNextAttempt) {
  auto x = program_in(program_status::error);
  EXPECT_EQ(x.error_code, errc::backend_failed);
  EXPECT_EQ(x.error_message, "no such model");
  EXPECT_EQ(x.owner_node, std::nullopt);
  x = must(store_->transition_program(
    x.id, {.action = program_action::reinitialize, .node = node_id::make()}));
  EXPECT_EQ(x.error_code, errc::none);
  EXPECT_EQ(x.error_message, "");
}

TEST_P(StoreConformance, ReinitializedProgramKeepsItsOldBackendIdMeanwhile) {
  auto x = program_in(program_status::ready);
  x = must(store_->transition_program(
    x.id, {.action = program_action::reinitialize, .node = node_id::make()}));
  EXPECT_EQ(x.backend_program_id, "backend-1");
  x = must(
    store_->transition_program(x.id, {.action = program_action::become_error,
                                      .error_code = errc::timeout,
                                      .error_message = "slow"}));
  EXPECT_EQ(x.backend_program_id, "");
}

TEST_P(StoreConformance, LateReplyOfAnEarlierAttemptChangesNothing) {
  auto before = program_in(program_status::initializing);
  auto got = store_->transition_program(
    before.id, {.action = program_action::become_ready,
                .expected_generation = before.generation - 1,
                .backend_program_id = "late"});
  EXPECT_EQ(refusal(got),
            "conflict: Program has moved on (generation 1, expected 0)");
  EXPECT_EQ(must(store_->get_program(before.id)), before);
}

TEST_P(StoreConformance, ReadOnlyConnectionReadsAndRefusesToWrite) {
  auto reader = connect(access::read_only);
  EXPECT_EQ(must(reader->get_program(program_.id)), program_);
  auto expected = std::string{"store_unavailable: The store was opened for "
                              "reading only; nothing was written"};
  EXPECT_EQ(refusal(reader->insert_signature(make_signature("A"))), expected);
  EXPECT_EQ(
    refusal(reader->insert_program(make_program(program_.signature.id))),
    expected);
  EXPECT_EQ(refusal(reader->transition_signature(program_.signature.id,
                                                 signature_action::deprecate)),
            expected);
  EXPECT_EQ(refusal(reader->transition_program(
              program_.id, {.action = program_action::archive})),
            expected);
  EXPECT_EQ(refusal(reader->update_signature(program_.signature.id, {})),
            expected);
  EXPECT_EQ(refusal(reader->destroy_signature(program_.signature.id)),
            expected);
  EXPECT_EQ(refusal(reader->update_program(program_.id, {})), expected);
  EXPECT_EQ(refusal(reader->destroy_program(program_.id, true)), expected);
  auto own = make_by_hand(program_.id);
  EXPECT_EQ(refusal(reader->insert_execution(own)), expected);
  EXPECT_EQ(refusal(reader->step_execution(own.id, {})), expected);
  EXPECT_EQ(refusal(reader->claim_idempotency_key(
              {"key", "h", make_running(program_.id)})),
            expected);
  EXPECT_EQ(refusal(reader->prune({.older_than = now()}, 1)), expected);
  EXPECT_EQ(refusal(reader->write({})), expected);
  EXPECT_EQ(refusal(reader->sweep()), expected);
}

} // namespace dspex::test
