#include <algorithm>
#include <random>

#include "tests/conformance/store_conformance.hpp"

namespace dspex::test {

namespace {

std::vector<execution_id> ids(const std::vector<execution_record>& xs) {
  auto out = std::vector<execution_id>{};
  for (auto& x : xs)
    out.push_back(x.id);
  return out;
}

std::vector<execution_id> newest_first(std::vector<execution_id> xs) {
  std::sort(xs.rbegin(), xs.rend());
  return xs;
}

} // namespace

TEST_P(StoreConformance, ExecutionsComeNewestFirstInWhateverOrderTheyCame) {
  auto other = must(
    store_->insert_program(make_program(program_.signature.id, "other")));
  auto rows = std::vector<execution_record>{};
  for (int i = 0; i < 40; ++i) {
    rows.push_back(make_completed(i % 2 == 0 ? program_.id : other.id));
    rows.back().executed_at = at_second(i);
  }
  auto pages_agree = [&] {
    for (auto id : {program_.id, other.id}) {
      auto expected = std::vector<execution_id>{};
      for (auto& x : rows)
        if (x.program_id == id && store_->get_execution(x.id))
          expected.push_back(x.id);
      EXPECT_EQ(ids(all_executions({.program = id}, 3)),
                newest_first(std::move(expected)));
    }
  };
  auto arrivals = rows;
  std::shuffle(arrivals.begin(), arrivals.end(), std::minstd_rand{3});
  for (size_t i = 0; i < arrivals.size(); ++i) {
    must(store_->write({.finished = {arrivals[i]}}));
    if (i % 7 == 0)
      pages_agree();
  }
  pages_agree();
  EXPECT_EQ(must(store_->prune({.older_than = at_second(15)}, 100)), 15u);
  pages_agree();
  must(store_->write({.finished = {make_completed(program_.id)}}));
  EXPECT_EQ(all_executions({.program = program_.id}).size(), 13u);
}

TEST_P(StoreConformance, ExecutionsComeNewestFirstLiveAndFinishedTogether) {
  auto batch = execution_batch{};
  auto expected = std::vector<execution_id>{};
  for (int i = 0; i < 30; ++i) {
    if (i % 3 == 0)
      batch.live.push_back(make_running(program_.id));
    else
      batch.finished.push_back(make_completed(program_.id));
    expected.push_back(i % 3 == 0 ? batch.live.back().id
                                  : batch.finished.back().id);
  }
  must(store_->write(batch));
  expected = newest_first(std::move(expected));
  EXPECT_EQ(ids(all_executions({})), expected);
  EXPECT_EQ(ids(all_executions({.program = program_.id}, 7)), expected);
  EXPECT_EQ(ids(all_executions({}, 1)), expected);
}

TEST_P(StoreConformance, LastPageHasNoCursor) {
  auto batch = execution_batch{};
  for (int i = 0; i < 6; ++i)
    batch.finished.push_back(make_completed(program_.id));
  must(store_->write(batch));
  auto first = must(store_->list_executions({}, {3, ""}));
  EXPECT_EQ(first.items.size(), 3u);
  EXPECT_NE(first.next, "");
  auto second = must(store_->list_executions({}, {3, first.next}));
  EXPECT_EQ(second.items.size(), 3u);
  EXPECT_EQ(second.next, "");
}

TEST_P(StoreConformance, InsertsBetweenPagesNeitherRepeatNorHideRows) {
  auto before = std::vector<execution_id>{};
  for (int i = 0; i < 20; ++i) {
    auto x = make_completed(program_.id);
    before.push_back(x.id);
    must(store_->write({.finished = {x}}));
  }
  auto seen = std::vector<execution_id>{};
  auto cursor = std::string{};
  do {
    auto part
      = must(store_->list_executions({.program = program_.id}, {6, cursor}));
    auto some = ids(part.items);
    seen.insert(seen.end(), some.begin(), some.end());
    cursor = part.next;
    must(store_->write({.finished = {make_completed(program_.id)}}));
  } while (!cursor.empty());
  EXPECT_EQ(seen, newest_first(before));
}

TEST_P(StoreConformance, ExecutionFiltersSelectExactlyWhatTheySay) {
  auto other = program_in(program_status::ready);
  auto completed = make_completed(program_.id);
  completed.executed_at = at_second(100);
  auto timed_out = make_failed(program_.id, errc::timeout);
  timed_out.executed_at = at_second(200);
  auto elsewhere = make_failed(other.id, errc::timeout);
  elsewhere.executed_at = at_second(300);
  auto running = make_running(program_.id);
  running.executed_at = at_second(400);
  must(store_->write(
    {.live = {running}, .finished = {completed, timed_out, elsewhere}}));
  auto expect = [&](const execution_filter& filter,
                    std::vector<execution_id> wanted) {
    EXPECT_EQ(ids(all_executions(filter)), newest_first(std::move(wanted)));
  };
  expect({}, {completed.id, timed_out.id, elsewhere.id, running.id});
  expect({.program = other.id}, {elsewhere.id});
  expect({.program = program_id::make()}, {});
  expect({.status = execution_status::completed}, {completed.id});
  expect({.status = execution_status::failed}, {timed_out.id, elsewhere.id});
  expect({.status = execution_status::running}, {running.id});
  expect({.status = execution_status::pending}, {});
  expect({.error_code = errc::timeout}, {timed_out.id, elsewhere.id});
  expect({.program = program_.id, .error_code = errc::timeout}, {timed_out.id});
  expect({.error_code = errc::none}, {completed.id, running.id});
  expect({.since = at_second(200)}, {timed_out.id, elsewhere.id, running.id});
  expect({.until = at_second(200)}, {completed.id});
  expect({.since = at_second(200), .until = at_second(400)},
         {timed_out.id, elsewhere.id});
}

TEST_P(StoreConformance, EveryCombinationOfExecutionFiltersSelectsTheSame) {
  using enum execution_status;
  auto other = program_in(program_status::ready).id;
  auto batch = execution_batch{};
  for (auto program : {program_.id, other}) {
    for (int64_t second = 100; second < 105; ++second) {
      auto rows = std::vector{make_completed(program),
                              make_failed(program, errc::timeout),
                              make_failed(program, errc::cancelled),
                              make_running(program), make_by_hand(program)};
      for (auto& x : rows) {
        x.executed_at = at_second(second);
        (is_terminal(x.status) ? batch.finished : batch.live).push_back(x);
      }
    }
  }
  must(store_->write(batch));
  auto all = batch.live;
  all.insert(all.end(), batch.finished.begin(), batch.finished.end());
  auto program_choices = std::vector<std::optional<program_id>>{std::nullopt,
                                                                program_.id};
  auto status_choices = std::vector<std::optional<execution_status>>{
    std::nullopt, pending, running, completed, failed};
  auto code_choices = std::vector<std::optional<errc>>{
    std::nullopt, errc::none, errc::timeout, errc::internal};
  auto since_choices = std::vector<std::optional<timestamp>>{std::nullopt,
                                                             at_second(102)};
  auto until_choices = std::vector<std::optional<timestamp>>{
    std::nullopt, at_second(102), at_second(104)};
  for (auto program : program_choices)
    for (auto status : status_choices)
      for (auto code : code_choices)
        for (auto since : since_choices)
          for (auto until : until_choices) {
            auto wanted = std::vector<execution_id>{};
            for (auto& x : all)
              if (x.program_id == program.value_or(x.program_id)
                  && x.status == status.value_or(x.status)
                  && x.error_code == code.value_or(x.error_code)
                  && x.executed_at >= since.value_or(x.executed_at)
                  && (!until || x.executed_at < *until))
                wanted.push_back(x.id);
            auto filter = execution_filter{program, status, code, since, until};
            EXPECT_EQ(ids(all_executions(filter, 4)),
                      newest_first(std::move(wanted)));
          }
}

TEST_P(StoreConformance, ProgramFiltersSelectExactlyWhatTheySay) {
  auto sig = signature_in(signature_status::active);
  auto plain = make_program(sig.id, "plain");
  auto native = make_program(sig.id, "native one");
  native.adapter_type = "native";
  auto hidden = make_program(sig.id, "plain");
  hidden.ephemeral = true;
  for (auto& x : {plain, native, hidden})
    must(store_->insert_program(x));
  must(
    store_->transition_program(native.id, {.action = program_action::archive}));
  auto expect = [&](const program_filter& filter,
                    std::vector<program_id> wanted) {
    std::sort(wanted.rbegin(), wanted.rend());
    auto got = std::vector<program_id>{};
    for (auto& x : must(store_->list_programs(filter, {})).items)
      got.push_back(x.id);
    EXPECT_EQ(got, wanted);
  };
  expect({}, {program_.id, plain.id, native.id});
  expect({.include_ephemeral = true},
         {program_.id, plain.id, native.id, hidden.id});
  expect({.name = "plain"}, {plain.id});
  expect({.name = "plain", .include_ephemeral = true}, {plain.id, hidden.id});
  expect({.name = "PLAIN"}, {});
  expect({.signature = sig.id}, {plain.id, native.id});
  expect({.adapter_type = "native"}, {native.id});
  expect({.status = program_status::archived}, {native.id});
  expect({.signature = sig.id, .status = program_status::draft}, {plain.id});
}

TEST_P(StoreConformance, SignatureFiltersSelectExactlyWhatTheySay) {
  auto first = make_signature("Filter.A", "1.0.0");
  auto second = make_signature("Filter.A", "1.0.1");
  auto third = make_signature("Filter.B");
  for (auto& x : {first, second, third})
    must(store_->insert_signature(x));
  must(store_->transition_signature(second.id, signature_action::activate));
  auto expect = [&](const signature_filter& filter,
                    std::vector<signature_id> wanted) {
    std::sort(wanted.rbegin(), wanted.rend());
    auto got = std::vector<signature_id>{};
    for (auto& x : must(store_->list_signatures(filter, {})).items)
      got.push_back(x.id);
    EXPECT_EQ(got, wanted);
  };
  expect({}, {program_.signature.id, first.id, second.id, third.id});
  expect({.module = "Filter.A"}, {first.id, second.id});
  expect({.name = third.name}, {third.id});
  expect({.status = signature_status::active},
         {program_.signature.id, second.id});
  expect({.module = "Filter.A", .status = signature_status::draft}, {first.id});
}

TEST_P(StoreConformance, ProgramsAndSignaturesComeByPages) {
  auto programs = std::vector<program_id>{program_.id};
  auto signatures = std::vector<signature_id>{program_.signature.id};
  for (int i = 0; i < 4; ++i) {
    programs.push_back(program_in(program_status::draft).id);
    auto x = must(store_->get_program(programs.back()));
    signatures.push_back(x.signature.id);
  }
  std::sort(programs.rbegin(), programs.rend());
  std::sort(signatures.rbegin(), signatures.rend());
  auto first = must(store_->list_programs({}, {3, ""}));
  auto second = must(store_->list_programs({}, {3, first.next}));
  EXPECT_EQ(second.next, "");
  auto seen = std::vector<program_id>{};
  for (auto* part : {&first, &second})
    for (auto& x : part->items)
      seen.push_back(x.id);
  EXPECT_EQ(seen, programs);
  auto front = must(store_->list_signatures({}, {3, ""}));
  auto back = must(store_->list_signatures({}, {3, front.next}));
  EXPECT_EQ(back.next, "");
  auto read = std::vector<signature_id>{};
  for (auto* part : {&front, &back})
    for (auto& x : part->items)
      read.push_back(x.id);
  EXPECT_EQ(read, signatures);
}

TEST_P(StoreConformance, RefusesPagesOutOfBoundsAndForeignCursors) {
  for (uint32_t limit : {0u, 1001u}) {
    auto expected = "invalid_option: limit must be between 1 and 1000, got "
                    + std::to_string(limit);
    auto where = page_request{limit, ""};
    EXPECT_EQ(refusal(store_->list_executions({}, where)), expected);
    EXPECT_EQ(refusal(store_->list_programs({}, where)), expected);
    EXPECT_EQ(refusal(store_->list_signatures({}, where)), expected);
  }
  auto where = page_request{10, "no cursor"};
  auto expected = std::string{"invalid_option: cursor is not one that a page "
                              "of this list ended with"};
  EXPECT_EQ(refusal(store_->list_executions({}, where)), expected);
  EXPECT_EQ(refusal(store_->list_programs({}, where)), expected);
  EXPECT_EQ(refusal(store_->list_signatures({}, where)), expected);
  EXPECT_EQ(refusal(store_->list_executions({}, {1000, ""})), "ok");
}

} // namespace dspex::test
