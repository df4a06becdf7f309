#include "tests/actors/node_fixture.hpp"

#include "actors/kit/handlers.hpp"
#include "actors/store_pool/store_pool.hpp"
#include "dspex/any_signature.hpp"

namespace dspex::test {

namespace {

struct gate_state {
  std::deque<std::pair<store_job, caf::typed_response_promise<done>>> jobs;
  std::deque<std::pair<caf::error, caf::typed_response_promise<done>>> answers;

  /// Answers the jobs as a pool does when the store keeps them for too long.
  void give_up() {
    auto late = to_caf({errc::store_unavailable, "The store is late"});
    for (auto& [job, promise] : std::exchange(jobs, {}))
      promise.deliver(late);
    for (auto& [err, promise] : std::exchange(answers, {}))
      promise.deliver(late);
  }
};

store_gate_actor::behavior_type
store_gate(store_gate_actor::stateful_pointer<gate_state> self,
           const store_pool_actor& pool, caf::timespan deadline,
           const std::shared_ptr<store_script>& script) {
  set_handlers(self);
  return {
    [self, pool, deadline, script](store_job& job) -> caf::result<done> {
      auto writes = job.access == access::read_write;
      ++(writes ? script->writes : script->reads);
      if (script->away)
        return to_caf({errc::store_unavailable, "The store is away"});
      if (writes && script->write_error)
        return to_caf(*script->write_error);
      auto promise = self->make_response_promise<done>();
      if (script->hold_reads || script->hold_writes || script->hold_answers)
        self->delayed_send(self, deadline, deadline_tick{});
      if (writes ? script->hold_writes : script->hold_reads) {
        self->state.jobs.emplace_back(std::move(job), promise);
      } else if (script->hold_answers) {
        auto keep = [self, promise](const caf::error& err) {
          self->state.answers.emplace_back(err, promise);
        };
        self->request(pool, 1min, std::move(job))
          .then([keep](done) { keep({}); },
                [keep](caf::error& err) { keep(err); });
      } else {
        promise.delegate(pool, std::move(job));
      }
      return caf::delegated<done>{};
    },
    [self](const deadline_tick&) { self->state.give_up(); },
    [self, pool](const which_children& x) { return self->delegate(pool, x); },
    [self, pool, script](release_jobs) {
      for (auto& [err, promise] : std::exchange(self->state.answers, {}))
        if (err)
          promise.deliver(err);
        else
          promise.deliver(done{});
      for (auto& [job, promise] : std::exchange(self->state.jobs, {}))
        if (script->away)
          promise.deliver(
            to_caf({errc::store_unavailable, "The store is away"}));
        else
          promise.delegate(pool, std::move(job));
    },
  };
}

} // namespace

node_test::node_test() {
  ctx->node = node_id::make();
  ctx->config.store.url = "memory:";
  ctx->store = open_database({.url = "memory:", .node = ctx->node}).value();
  direct_ = ctx->store->connect(access::read_write).value();
  auto pool = own(sys.spawn(store_pool, ctx));
  gate_ = own(sys.spawn(store_gate, pool, store_deadline(*ctx), script_ptr));
  ctx->pool.set(gate_);
}

void node_test::TearDown() {
  script.away = false;
  release();
  actor_test::TearDown();
  ctx->tracker.clear();
  ctx->registry.clear();
  ctx->manager.clear();
  ctx->gateway.clear();
  for (auto& [_, place] : ctx->adapters)
    place.clear();
  ctx->pool.clear();
  gate_ = nullptr;
}

signature_record node_test::add_signature(const std::string& module,
                                          const std::string& version) {
  auto sig = any_signature::parse("question -> answer").value();
  auto x = signature_record{};
  x.id = signature_id::make();
  x.name = x.module = module;
  x.version = version;
  x.inputs = document{sig.to_json(side::inputs)};
  x.outputs = document{sig.to_json(side::outputs)};
  x.content_hash = sig.content_hash();
  x.inserted_at = x.updated_at = now();
  return direct().insert_signature(x).value();
}

program_record node_test::add_program(const json& configuration,
                                      const std::string& name) {
  auto x = program_record{};
  x.id = program_id::make();
  x.name = name;
  x.signature.id = add_signature().id;
  x.adapter_type = "test";
  x.configuration = document{configuration};
  x.inserted_at = x.updated_at = now();
  return direct().insert_program(x).value();
}

json parse(std::string_view text) {
  return parse_json(text).value();
}

std::vector<std::string> ids_of(const json& page) {
  auto out = std::vector<std::string>{};
  for (auto& x : page.at("items"))
    out.push_back(x.at("id").get<std::string>());
  return out;
}

} // namespace dspex::test
