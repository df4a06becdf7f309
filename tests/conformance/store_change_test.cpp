// What updates, destruction and ephemeral programs do beyond the lifecycle
// tables.

#include "tests/conformance/store_conformance.hpp"

namespace dspex::test {

namespace {

document configuration(std::string_view text) {
  return document{parse(text)};
}

} // namespace

// -- updates ------------------------------------------------------------------

TEST_P(StoreConformance, UpdateOfASignatureChangesWhatItNames) {
  auto before = signature_in(signature_status::active);
  auto after = must(store_->update_signature(before.id, {.name = "renamed"}));
  EXPECT_GT(after.updated_at, before.inserted_at);
  auto expected = before;
  expected.name = "renamed";
  expected.updated_at = after.updated_at;
  EXPECT_EQ(after, expected);
  after = must(store_->update_signature(before.id, {.description = ""}));
  expected.description = "";
  expected.updated_at = after.updated_at;
  EXPECT_EQ(after, expected);
  EXPECT_EQ(must(store_->get_signature(before.id)), expected);
}

TEST_P(StoreConformance, UpdateOfAProgramChangesWhatItNames) {
  auto before = program_in(program_status::ready);
  auto after = must(store_->update_program(before.id, {.name = "renamed"}));
  auto expected = before;
  expected.name = "renamed";
  expected.updated_at = after.updated_at;
  EXPECT_GT(after.updated_at, before.inserted_at);
  EXPECT_EQ(after, expected);
  auto limits = configuration(R"({"lm":{"b":1,"a":2},"max_queue":3})");
  after = must(store_->update_program(before.id, {.configuration = limits}));
  expected.configuration = limits;
  expected.updated_at = after.updated_at;
  EXPECT_EQ(after, expected);
  EXPECT_EQ(must(store_->get_program(before.id)), expected);
}

TEST_P(StoreConformance, ReadyProgramKeepsItsBackendConfiguration) {
  auto program = program_in(program_status::ready);
  for (auto other :
       {R"({"timeout_ms":500})", R"({"lm":{"b":1,"a":3},"timeout_ms":500})",
        R"({"lm":{"b":1,"a":2},"modules":[]})",
        R"({"lm":{"b":1,"a":2},"tools":null})"})
    EXPECT_EQ(
      refusal(store_->update_program(
        program.id, {.name = "x", .configuration = configuration(other)})),
      "conflict: A ready program takes other modules, lm or tools with "
      "reinitialize only")
      << other;
  EXPECT_EQ(must(store_->get_program(program.id)), program);
}

TEST_P(StoreConformance, UpdateThatNoStoreCanHoldChangesNothing) {
  auto signature = must(store_->get_signature(program_.signature.id));
  EXPECT_EQ(refusal(store_->update_signature(signature.id, {.name = " "})),
            "store_rejected: signature " + to_string(signature.id)
              + ": name is blank");
  EXPECT_EQ(refusal(store_->update_program(program_.id, {.name = "a\xFF"})),
            "store_rejected: program " + to_string(program_.id)
              + ": name is not valid UTF-8");
  EXPECT_EQ(must(store_->get_signature(signature.id)), signature);
  EXPECT_EQ(must(store_->get_program(program_.id)), program_);
}

TEST_P(StoreConformance, ReinitializeReplacesTheConfiguration) {
  auto program = program_in(program_status::ready);
  auto other = configuration(R"({"lm":"another"})");
  auto after = must(store_->transition_program(
    program.id, {.action = program_action::reinitialize,
                 .node = node_id::make(),
                 .configuration = other}));
  EXPECT_EQ(after.configuration, other);
  EXPECT_EQ(must(store_->get_program(program.id)), after);
}

TEST_P(StoreConformance, RefusedReinitializeLeavesTheConfiguration) {
  auto got = store_->transition_program(
    program_.id, {.action = program_action::reinitialize,
                  .configuration = configuration(R"({"lm":"another"})")});
  EXPECT_FALSE(got);
  EXPECT_EQ(must(store_->get_program(program_.id)), program_);
}

// -- destruction --------------------------------------------------------------

TEST_P(StoreConformance, DestroyedSignatureMakesItsVersionFree) {
  auto first = signature_in(signature_status::deprecated);
  must(store_->destroy_signature(first.id));
  auto second = make_signature(first.module, first.version);
  EXPECT_EQ(must(store_->insert_signature(second)), second);
}

TEST_P(StoreConformance, SignatureIsFreeWhenItsLastProgramIsDestroyed) {
  must(store_->destroy_program(program_.id, false));
  must(store_->destroy_signature(program_.signature.id));
  EXPECT_TRUE(must(store_->list_signatures({}, {})).items.empty());
}

TEST_P(StoreConformance, CascadeTakesTheExecutionsOfThatProgramOnly) {
  auto other = program_in(program_status::archived);
  auto kept = make_completed(program_.id);
  auto finished = make_completed(other.id);
  auto own = make_by_hand(program_.id);
  must(store_->insert_execution(own));
  auto open = make_by_hand(other.id);
  must(store_->write({.live = {open}, .finished = {kept, finished}}));
  must(store_->destroy_program(other.id, true));
  for (auto id : {finished.id, open.id})
    EXPECT_EQ(refusal(store_->get_execution(id)),
              "not_found: No execution has the id " + to_string(id));
  EXPECT_EQ(must(store_->get_execution(kept.id)), kept);
  EXPECT_EQ(must(store_->get_execution(own.id)), own);
  EXPECT_TRUE(all_executions({.program = other.id}).empty());
  EXPECT_EQ(refusal(store_->get_statistics(other.id)),
            "not_found: No program has the id " + to_string(other.id));
  EXPECT_EQ(all_executions({}).size(), 2u);
}

TEST_P(StoreConformance, ProgramWhoseExecutionsArePrunedGoesWithoutCascade) {
  must(store_->write({.finished = {make_completed(program_.id)}}));
  must(store_->prune({.older_than = now()}, 10));
  EXPECT_EQ(refusal(store_->destroy_program(program_.id, false)), "ok");
}

TEST_P(StoreConformance, DestructionOfTheUnknownIsNotFound) {
  auto signature = signature_id::make();
  EXPECT_EQ(refusal(store_->destroy_signature(signature)),
            "not_found: No signature has the id " + to_string(signature));
  EXPECT_EQ(refusal(store_->update_signature(signature, {})),
            "not_found: No signature has the id " + to_string(signature));
  auto program = program_id::make();
  EXPECT_EQ(refusal(store_->destroy_program(program, true)),
            "not_found: No program has the id " + to_string(program));
  EXPECT_EQ(refusal(store_->update_program(program, {})),
            "not_found: No program has the id " + to_string(program));
}

// -- ephemeral programs -------------------------------------------------------

TEST_P(StoreConformance, EphemeralProgramIsFoundByWhatItStandsFor) {
  auto make = [&](signature_id signature) {
    auto out = make_program(signature);
    out.ephemeral = true;
    return out;
  };
  auto first = make(program_.signature.id);
  must(store_->insert_program(first));
  auto id_of = [&](const program_record& x) {
    return must(store_->insert_program(x)).id;
  };
  auto same = make(program_.signature.id);
  same.name = "another name";
  EXPECT_EQ(id_of(same), first.id);
  auto other_signature = make(signature_in(signature_status::active).id);
  EXPECT_EQ(id_of(other_signature), other_signature.id);
  auto other_adapter = make(program_.signature.id);
  other_adapter.adapter_type = "native";
  EXPECT_EQ(id_of(other_adapter), other_adapter.id);
  auto other_settings = make(program_.signature.id);
  other_settings.configuration = configuration("{}");
  EXPECT_EQ(id_of(other_settings), other_settings.id);
  auto lasting = make_program(program_.signature.id);
  EXPECT_EQ(id_of(lasting), lasting.id);
}

TEST_P(StoreConformance, EphemeralProgramIsFoundOnADeprecatedSignature) {
  auto first = make_program(program_.signature.id);
  first.ephemeral = true;
  must(store_->insert_program(first));
  must(store_->transition_signature(program_.signature.id,
                                    signature_action::deprecate));
  auto same = first;
  same.id = program_id::make();
  EXPECT_EQ(must(store_->insert_program(same)).id, first.id);
}

TEST_P(StoreConformance, ArchivedEphemeralProgramMakesRoomForAnother) {
  auto first = make_program(program_.signature.id);
  first.ephemeral = true;
  auto second = first;
  second.id = program_id::make();
  must(store_->insert_program(first));
  must(
    store_->transition_program(first.id, {.action = program_action::archive}));
  EXPECT_EQ(must(store_->insert_program(second)).id, second.id);
}

TEST_P(StoreConformance, EphemeralProgramsCannotBecomeTheSame) {
  auto first = make_program(program_.signature.id);
  first.ephemeral = true;
  auto second = first;
  second.id = program_id::make();
  second.configuration = configuration("{}");
  must(store_->insert_program(first));
  must(store_->insert_program(second));
  EXPECT_EQ(refusal(store_->update_program(
              second.id, {.configuration = first.configuration})),
            "conflict: The ephemeral program " + to_string(first.id)
              + " has this configuration already");
  EXPECT_EQ(refusal(store_->update_program(
              first.id, {.configuration = first.configuration})),
            "ok");
}

} // namespace dspex::test
