#include "tests/conformance/store_conformance.hpp"

namespace dspex::test {

json parse(std::string_view text) {
  return parse_json(text).value();
}

timestamp at_second(int64_t seconds) {
  return timestamp{std::chrono::seconds{seconds}};
}

signature_record make_signature(const std::string& module,
                                const std::string& version) {
  auto out = signature_record{};
  out.id = signature_id::make();
  out.name = "Name of " + module;
  out.module = module;
  out.version = version;
  out.inputs = document{parse(R"([{"name":"question","type":"str"}])")};
  out.outputs = document{parse(R"([{"name":"answer","type":"str"}])")};
  out.instructions = "Answer.";
  out.description = "Answers questions.";
  out.content_hash = "cafe";
  out.inserted_at = at_second(1'700'000'000);
  out.updated_at = at_second(1'700'000'001);
  return out;
}

program_record make_program(signature_id signature, const std::string& name) {
  auto out = program_record{};
  out.id = program_id::make();
  out.name = name;
  out.signature.id = signature;
  out.adapter_type = "mock";
  out.configuration
    = document{parse(R"({"timeout_ms":500,"lm":{"b":1,"a":2}})")};
  out.inserted_at = at_second(1'700'000'002);
  out.updated_at = at_second(1'700'000'003);
  return out;
}

execution_record make_running(program_id program) {
  auto out = execution_record{};
  out.id = execution_id::make();
  out.program_id = program;
  out.inputs = document{parse(R"({"question":"why?"})")};
  out.status = execution_status::running;
  out.executed_at = at_second(1'700'000'010);
  out.started_at = at_second(1'700'000'011);
  out.metadata = document{parse(R"({"adapter_type":"mock"})")};
  out.node = node_id::make();
  out.inserted_at = at_second(1'700'000'012);
  out.updated_at = at_second(1'700'000'013);
  return out;
}

execution_record make_completed(program_id program, int64_t duration_us) {
  auto out = make_running(program);
  out.status = execution_status::completed;
  out.outputs = document{parse(R"({"answer":"because"})")};
  out.duration_us = duration_us;
  out.finished_at = at_second(1'700'000'014);
  return out;
}

execution_record make_failed(program_id program, errc code,
                             int64_t duration_us) {
  auto out = make_completed(program, duration_us);
  out.status = execution_status::failed;
  out.outputs = document{};
  out.error_code = code;
  out.error_message = "it failed";
  return out;
}

execution_record make_by_hand(program_id program) {
  auto out = make_running(program);
  out.status = execution_status::pending;
  out.started_at = std::nullopt;
  out.node = node_id{};
  return out;
}

StoreConformance::StoreConformance() {
  auto options = database_options{};
  options.url = GetParam().url(directory_.path());
  options.node = node_id::make();
  database_ = must(open_database(options));
  store_ = connect();
  program_ = program_in(program_status::draft);
}

std::unique_ptr<store> StoreConformance::connect(access mode) {
  return must(database_->connect(mode));
}

signature_record StoreConformance::signature_in(signature_status status) {
  static auto counter = 0;
  return moved(must(store_->insert_signature(
                 make_signature("Made.Up" + std::to_string(++counter)))),
               status);
}

signature_record StoreConformance::moved(signature_record draft,
                                         signature_status status) {
  auto out = std::move(draft);
  auto change = [&](signature_action x) {
    out = must(store_->transition_signature(out.id, x));
  };
  if (status != signature_status::draft)
    change(signature_action::activate);
  if (status == signature_status::deprecated)
    change(signature_action::deprecate);
  return out;
}

execution_record StoreConformance::execution_in(execution_status status,
                                                bool by_hand) {
  auto out = make_by_hand(program_.id);
  if (!by_hand)
    out.node = node_id::make();
  if (status != execution_status::pending)
    out.started_at = at_second(1'700'000'011);
  out.status = status;
  if (!is_terminal(status)) {
    must(store_->write({.live = {out}}));
    return out;
  }
  out.duration_us = 1500;
  out.finished_at = at_second(1'700'000'014);
  if (status == execution_status::failed)
    out.error_code = errc::timeout;
  must(store_->write({.finished = {out}}));
  return out;
}

void StoreConformance::expect_counters_to_equal_rows() {
  auto where = page_request{1000, ""};
  for (auto& x : must(store_->list_programs({}, where)).items) {
    SCOPED_TRACE("program " + to_string(x.id));
    uint64_t completed = 0;
    uint64_t failed = 0;
    uint64_t live = 0;
    for (auto& row : all_executions({.program = x.id})) {
      if (!is_terminal(row.status))
        ++live;
      else
        ++(row.status == execution_status::completed ? completed : failed);
    }
    EXPECT_EQ(x.completed_count, completed + x.pruned_completed);
    EXPECT_EQ(x.failed_count, failed + x.pruned_failed);
    auto statistics = must(store_->get_statistics(x.id));
    EXPECT_EQ(statistics.total_executions, x.execution_count());
    EXPECT_EQ(statistics.in_progress, live);
  }
}

program_record StoreConformance::program_in(program_status status) {
  auto sig = signature_in(signature_status::active);
  auto out = must(store_->insert_program(make_program(sig.id)));
  auto change = [&](program_transition x) {
    out = must(store_->transition_program(out.id, x));
  };
  switch (status) {
    case program_status::draft:
      break;
    case program_status::archived:
      change({.action = program_action::archive});
      break;
    case program_status::initializing:
    case program_status::ready:
    case program_status::error:
      change({.action = program_action::initialize, .node = node_id::make()});
      break;
  }
  if (status == program_status::ready)
    change({.action = program_action::become_ready,
            .expected_generation = out.generation,
            .backend_program_id = "backend-1"});
  if (status == program_status::error)
    change({.action = program_action::become_error,
            .expected_generation = out.generation,
            .error_code = errc::backend_failed,
            .error_message = "no such model"});
  return out;
}

std::vector<execution_record>
StoreConformance::all_executions(const execution_filter& filter,
                                 uint32_t limit) {
  auto out = std::vector<execution_record>{};
  auto cursor = std::string{};
  do {
    auto part = must(store_->list_executions(filter, {limit, cursor}));
    out.insert(out.end(), part.items.begin(), part.items.end());
    cursor = part.next;
  } while (!cursor.empty());
  return out;
}

} // namespace dspex::test
