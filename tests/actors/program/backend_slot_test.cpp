#include "actors/program/backend_slot.hpp"

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

class BackendSlot : public ::testing::Test {
protected:
  // A ready program, whose attempt to initialize made `backend-1`.
  static program_facts ready_program() {
    auto facts = program_facts{};
    facts.record.id = program_id::make();
    facts.record.status = program_status::ready;
    facts.record.generation = 2;
    facts.record.backend_program_id = "backend-1";
    facts.signature = any_signature::parse("question -> answer").value();
    return facts;
  }

  static program_facts initializing(program_facts x) {
    x.record.status = program_status::initializing;
    ++x.record.generation;
    return x;
  }

  static program_facts ready(program_facts x, const std::string& id) {
    x.record.status = program_status::ready;
    ++x.record.generation;
    x.record.backend_program_id = id;
    return x;
  }

  static program_facts archived(program_facts x) {
    x.record.status = program_status::archived;
    ++x.record.generation;
    return x;
  }
};

} // namespace

TEST_F(BackendSlot, KeepsTheBackendProgramOfAReadyProgramWithoutRuns) {
  auto slot = backend_slot{ready_program()};
  auto used = slot.enter();
  EXPECT_EQ(used->id, "backend-1");
  EXPECT_EQ(slot.leave(*used), std::nullopt);
  EXPECT_EQ(slot.clear(), std::nullopt);
}

TEST_F(BackendSlot, TakesTheIdFromTheRecordThatEndsTheAttempt) {
  auto facts = initializing(ready_program());
  auto slot = backend_slot{facts};
  auto used = slot.enter();
  EXPECT_EQ(used->id, "");
  EXPECT_EQ(slot.adopt(ready(facts, "backend-2")), std::nullopt);
  EXPECT_EQ(slot.enter(), used);
  EXPECT_EQ(used->id, "backend-2");
}

TEST_F(BackendSlot, DeletesAReplacedBackendProgramAtOnceIfNoRunUsesIt) {
  auto facts = ready_program();
  auto slot = backend_slot{facts};
  EXPECT_EQ(slot.adopt(initializing(facts)), "backend-1");
  EXPECT_EQ(slot.program()->generation, 3);
}

TEST_F(BackendSlot, DeletesAReplacedBackendProgramAfterTheLastOfItsRuns) {
  auto facts = ready_program();
  auto slot = backend_slot{facts};
  auto first = slot.enter();
  auto second = slot.enter();
  EXPECT_EQ(slot.adopt(initializing(facts)), std::nullopt);
  auto later = slot.enter();
  EXPECT_NE(later, first);
  EXPECT_EQ(slot.leave(*first), std::nullopt);
  EXPECT_EQ(slot.leave(*second), "backend-1");
  EXPECT_EQ(slot.leave(*later), std::nullopt);
}

TEST_F(BackendSlot, DeletesTheBackendProgramOfAnArchivedProgramOnce) {
  auto facts = ready_program();
  auto slot = backend_slot{facts};
  auto used = slot.enter();
  EXPECT_EQ(slot.adopt(archived(facts)), std::nullopt);
  EXPECT_EQ(slot.leave(*used), "backend-1");
  EXPECT_EQ(slot.adopt(archived(archived(facts))), std::nullopt);
  EXPECT_EQ(slot.clear(), std::nullopt);
}

TEST_F(BackendSlot, DeletesNothingForAnAttemptThatMadeNothing) {
  auto facts = initializing(ready_program());
  auto slot = backend_slot{facts};
  EXPECT_EQ(slot.adopt(archived(facts)), std::nullopt);
}

TEST_F(BackendSlot, DeletesThatOfAnEphemeralProgramWheneverNoRunUsesIt) {
  auto facts = ready_program();
  facts.record.ephemeral = true;
  auto slot = backend_slot{facts};
  auto used = slot.enter();
  EXPECT_EQ(slot.clear(), std::nullopt);
  EXPECT_EQ(slot.leave(*used), "backend-1");
  EXPECT_EQ(slot.clear(), std::nullopt);
  // The adapter makes it again for a run that is started.
  used = slot.enter();
  used->present = true;
  EXPECT_EQ(slot.leave(*used), "backend-1");
}

} // namespace dspex::test
