#include "tests/actors/program/fixture.hpp"

namespace dspex::test {

namespace {

class scripted_adapter : public adapter {
public:
  explicit scripted_adapter(std::shared_ptr<backend_script> script)
    : script_(std::move(script)) {
  }

  ~scripted_adapter() override {
    script_->creations.clear();
    script_->callbacks.clear();
  }

  result<void> check(const any_signature&, const json&) const override {
    return script_->check;
  }

  void create_program(std::shared_ptr<const backend_program> program,
                      create_callback done) override {
    script_->programs.push_back(std::move(program));
    if (script_->creation)
      done(*script_->creation);
    else
      script_->creations.push_back(std::move(done));
  }

  void execute(backend_run run, run_callback done) override {
    if (script_->at_once)
      script_->at_once(done);
    script_->callbacks[run.id] = std::move(done);
    script_->runs.push_back(std::move(run));
  }

  void cancel(execution_id id) override {
    script_->cancelled.push_back(id);
  }

  void delete_program(const std::string& backend_program_id) override {
    if (script_->failing_deletions > 0) {
      --script_->failing_deletions;
      throw std::runtime_error("not now");
    }
    script_->deleted.push_back(backend_program_id);
  }

private:
  std::shared_ptr<backend_script> script_;
};

} // namespace

program_test::program_test() {
  ctx->adapters["test"];
  start_front();
  start_tracker();
}

void program_test::TearDown() {
  // A program may be older than the tracker that it needs to end.
  script.away = false;
  release();
  if (program)
    caf::anon_send_exit(program, caf::exit_reason::user_shutdown);
  advance(1min);
  program = nullptr;
  front = nullptr;
  tracker = nullptr;
  node_test::TearDown();
}

void program_test::start_front() {
  auto make = [script = backend_ptr](adapter_host&) {
    return std::make_unique<scripted_adapter>(script);
  };
  front = own(sys.spawn(adapter_front, adapter_factory{make}, restart_note{}));
  ctx->adapters.at("test").set(front);
  settle();
}

void program_test::start_tracker() {
  tracker = own(sys.spawn(execution_tracker, ctx));
  ctx->tracker.set(tracker);
  // A supervisor empties the slot in this way when the tracker is down.
  auto* ptr = caf::actor_cast<caf::abstract_actor*>(tracker);
  ptr->attach_functor([this, ptr] {
    if (caf::actor_cast<caf::abstract_actor*>(ctx->tracker.get()) == ptr)
      ctx->tracker.clear();
  });
  settle();
}

void program_test::wake(const json& configuration) {
  record = add_program(configuration);
  auto seed = program_facts{record,
                            any_signature::parse("question -> answer").value(),
                            parse_program_configuration(configuration).value(),
                            document{json{{"adapter_type", record.adapter_type},
                                          {"module", record.signature.module},
                                          {"version", "1.0.0"}}}};
  program = own(sys.spawn(dspex::program, ctx, seed));
  settle();
}

void program_test::make_ready(const json& configuration) {
  wake(configuration);
  auto reply = lifecycle("program.initialize");
  settle();
  ASSERT_EQ(reply.value()->at("status"), "ready");
}

program_test::call program_test::send_run(json options, json inputs) {
  return make_run(
    [this](execute_call x) { caf::anon_send(program, std::move(x)); },
    std::move(options), std::move(inputs));
}

void program_test::say(const call& x, backend_reply reply) {
  backend.callbacks.at(x.id)(std::move(reply));
  settle();
}

} // namespace dspex::test
