#include "dspex/runtime.hpp"

#include <mutex>
#include <utility>
#include <vector>

#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include "actors/kit/handlers.hpp"
#include "actors/node/telemetry.hpp"
#include "runtime/backends.hpp"
#include "runtime/client/impl.hpp"
#include "runtime/internals.hpp"
#include "runtime/modules.hpp"
#include "runtime/node.hpp"

namespace dspex {

namespace {

// The tree spawns within this time; a longer time is a fault of ours.
constexpr auto start_limit = std::chrono::seconds{10};

// Tells the observer when the root ends by itself: it gave up on a child.
void report_early_end(const supervisor_actor& root, const context_ptr& ctx) {
  caf::actor_cast<caf::abstract_actor*>(root)->attach_functor(
    [ctx](const caf::error& why) {
      if (!ctx->stopping)
        note_node_end(*ctx,
                      error{errc::internal, "The root supervisor gave up: "
                                              + caf::deep_to_string(why)});
    });
}

} // namespace

struct runtime::impl {
  explicit impl(const configuration& config) : caf_config(config.scheduler) {
  }

  result<void> wait_until_started();
  void stop();

  // The adapters use it, so it ends after the actors.
  std::unique_ptr<lm_sim> simulated_model;
  std::string lm_base_url;
  context_ptr ctx;
  node_config caf_config;
  std::unique_ptr<caf::actor_system> sys;
  node_tree tree;
  std::shared_ptr<client::impl> shared_client;
  std::once_flag stopped;
};

// -- start and stop -----------------------------------------------------------

result<void> runtime::impl::wait_until_started() {
  auto self = caf::scoped_actor{*sys};
  auto failure = caf::error{};
  auto pending = std::vector<supervisor_actor>{tree.root};
  while (!pending.empty() && !failure) {
    auto next = pending.back();
    pending.pop_back();
    self->request(next, start_limit, which_children{})
      .receive(
        [&](const children& found) {
          for (auto& x : found.items)
            if (x.is_supervisor)
              pending.push_back(caf::actor_cast<supervisor_actor>(x.handle));
        },
        [&](const caf::error& err) { failure = err; });
  }
  if (failure)
    return fail(from_caf(failure, errc::internal));
  return {};
}

void runtime::impl::stop() {
  ctx->stopping = true;
  auto self = caf::scoped_actor{*sys};
  self->monitor(tree.root);
  send_stop(tree.root, caf::exit_reason::user_shutdown);
  auto ended = false;
  self->receive([&](const caf::down_msg&) { ended = true; },
                caf::after(tree.stop_limit) >> [] {});
  if (!ended) {
    log_event(log_level::error, "runtime", "the actors did not end in time",
              {{"left", sys->registry().running()}});
    send_stop(tree.root, caf::exit_reason::kill);
  }
  tree.root = nullptr;
}

runtime::runtime(std::unique_ptr<impl> ptr) : impl_(std::move(ptr)) {
}

runtime::runtime(runtime&&) noexcept = default;

runtime& runtime::operator=(runtime&& other) noexcept {
  if (this != &other) {
    shutdown();
    impl_ = std::move(other.impl_);
  }
  return *this;
}

runtime::~runtime() {
  shutdown();
}

void runtime::shutdown() {
  if (impl_ == nullptr)
    return;
  std::call_once(impl_->stopped, [this] {
    impl_->stop();
    impl_->ctx->tasks.close();
    // The system waits for the last actors. The store goes after them: it holds
    // the node's sign of life.
    impl_->sys.reset();
    impl_->ctx->store.reset();
    log_event(log_level::info, "runtime", "stopped");
    note_node_end(*impl_->ctx, std::nullopt);
  });
}

result<runtime> runtime::start(runtime_options options) {
  if (!options.store_url.empty())
    options.config.store.url = options.store_url;
  auto made = make_backends(options.config, std::move(options.adapters),
                            std::move(options.tools),
                            std::move(options.rewards));
  if (!made)
    return fail(made.error());
  configure_log(options.config.log);
  auto ptr = std::make_unique<impl>(options.config);
  ptr->simulated_model = std::move(made->simulated_model);
  ptr->lm_base_url = made->lm_base_url;
  auto& ctx = ptr->ctx;
  ctx = std::make_shared<node_context>();
  ctx->node = node_id::make();
  ctx->config = std::move(options.config);
  ctx->drain_limit = options.drain_limit;
  if (auto ok = add_modules(options.modules, ctx->modules); !ok)
    return fail(ok.error());
  ctx->observer = std::move(options.observer);
  auto store_access = options.read_only ? access::read_only
                                        : access::read_write;
  auto database = open_database({.url = ctx->config.store.url,
                                 .access = store_access,
                                 .node = ctx->node,
                                 .timeout = ctx->config.store.timeout,
                                 .create = !options.read_only});
  if (!database)
    return fail(database.error());
  ctx->store = std::move(*database);
  if (!options.read_only) {
    auto closed
      = ctx->store->connect(access::read_write).and_then([](auto&& s) {
          return s->sweep();
        });
    if (!closed)
      return fail(closed.error());
    if (closed->executions + closed->programs > 0)
      log_event(
        log_level::warn, "runtime", "closed what dead nodes left",
        {{"executions", closed->executions}, {"programs", closed->programs}});
  }
  ptr->sys = std::make_unique<caf::actor_system>(ptr->caf_config);
  ptr->tree = spawn_tree(*ptr->sys, ctx, made->factories, options.read_only);
  report_early_end(ptr->tree.root, ctx);
  ptr->shared_client = std::make_shared<client::impl>();
  ptr->shared_client->ctx = ctx;
  ctx->tasks.open(*ptr->sys);
  // The supervisors have started every child once they answer.
  auto out = runtime{std::move(ptr)};
  if (auto ok = out.impl_->wait_until_started(); !ok)
    return fail(ok.error());
  log_event(log_level::info, "runtime", "started",
            {{"node", to_string(ctx->node)},
             {"store", mask_url(ctx->config.store.url)},
             {"read_only", options.read_only}});
  return out;
}

context_ptr runtime_internals::context(const runtime& x) {
  return x.impl_->ctx;
}

caf::actor_system& runtime_internals::system(const runtime& x) {
  return *x.impl_->sys;
}

supervisor_actor runtime_internals::root(const runtime& x) {
  return x.impl_->tree.root;
}

client runtime::client() const {
  return dspex::client{impl_->shared_client};
}

node_id runtime::node() const {
  return impl_->ctx->node;
}

runtime_metrics runtime::metrics() const {
  return impl_->ctx->metrics.snapshot();
}

std::string runtime::lm_base_url() const {
  return impl_->lm_base_url;
}

} // namespace dspex
