#include "actors/adapter_front.hpp"

#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "actors/kit/handlers.hpp"
#include "core/backoff.hpp"
#include "core/log.hpp"
#include "messages/promise.hpp"

namespace dspex {

namespace {

// How long to wait before a program that could not be deleted is deleted again.
constexpr auto erase_delay = backoff{.initial = std::chrono::seconds{1},
                                     .max = std::chrono::seconds{32}};
constexpr size_t max_erase_attempts = 7;

// Sends timers by way of the front's own mailbox. A timer holds no strong
// reference, so that it does not keep a front alive that was stopped.
class front_host : public adapter_host {
public:
  front_host(caf::actor_system& sys, const adapter_actor& front,
             restart_note note)
    : sys_(sys),
      front_(caf::actor_cast<caf::weak_actor_ptr>(front)),
      note_(std::move(note)) {
  }

  void after(std::chrono::nanoseconds delay,
             std::function<void()> task) override {
    auto& clock = sys_.clock();
    if (auto front = front_.lock())
      clock.schedule_message(
        clock.now() + delay, front,
        caf::make_mailbox_element(nullptr, caf::make_message_id(), {},
                                  delayed_task{std::move(task)}));
  }

  void log(severity how, std::string_view message,
           const json& fields) override {
    log_event(to_level(how), "adapter", message, fields);
  }

  void count_restart(const std::string& part) override {
    if (note_)
      note_(part);
  }

private:
  static log_level to_level(severity x) {
    switch (x) {
      case severity::debug:
        return log_level::debug;
      case severity::info:
        return log_level::info;
      case severity::warn:
        return log_level::warn;
      default:
        return log_level::error;
    }
  }

  caf::actor_system& sys_;
  caf::weak_actor_ptr front_;
  restart_note note_;
};

// The replies to the runs of one message: those that come at once, within the
// calls of the adapter, leave together, the others one by one.
class reply_bundle {
public:
  /// @param size how many there can be.
  reply_bundle(program_actor program, size_t size)
    : program_(std::move(program)) {
    replies_.items.reserve(size);
  }

  /// From any thread.
  void add(execution_id id, int32_t attempt, backend_reply&& x) {
    // Only the thread that has opened the bundle looks into it.
    if (std::this_thread::get_id() == home_ && open_) {
      replies_.items.push_back({id, attempt, std::move(x)});
      return;
    }
    auto msg = backend_replies{};
    msg.items.push_back({id, attempt, std::move(x)});
    caf::anon_send(program_, std::move(msg));
  }

  /// Sends what is there by now. From the thread that made the bundle.
  void close() {
    open_ = false;
    if (!replies_.items.empty())
      caf::anon_send(program_, std::move(replies_));
  }

private:
  program_actor program_;
  std::thread::id home_ = std::this_thread::get_id();
  bool open_ = true;
  backend_replies replies_;
};

} // namespace

adapter_actor::behavior_type adapter_front_state::init(
  adapter_actor::stateful_pointer<adapter_front_state> self,
  const adapter_factory& make, restart_note note) {
  set_handlers(self);
  host_ = std::make_unique<front_host>(self->home_system(), adapter_actor{self},
                                       std::move(note));
  adapter_ = make(*host_);
  if (adapter_ == nullptr)
    throw std::runtime_error("the factory made no adapter");
  // CAF tries the handlers in this order: the one of every run comes first.
  return {
    [this, self](backend_execute& msg) {
      execute(std::move(msg.runs),
              caf::actor_cast<program_actor>(self->current_sender()));
    },
    [this](const backend_check& msg) -> caf::result<done> {
      if (auto ok = adapter_->check(msg.signature, json::object()); !ok)
        return to_caf(ok.error());
      return done{};
    },
    [this, self](backend_create& msg) -> caf::result<std::string> {
      auto done = make_promise<std::string>(self, errc::backend_unavailable);
      // The callback may come from any thread, a promise is answered from here.
      auto host = host_.get();
      adapter_->create_program(
        std::move(msg.program), [host, done](result<std::string> outcome) {
          host->after(std::chrono::nanoseconds{0},
                      [done, outcome = std::move(outcome)]() mutable {
                        done.deliver(std::move(outcome));
                      });
        });
      return caf::delegated<std::string>{};
    },
    [this](const backend_cancel& msg) { adapter_->cancel(msg.id); },
    [this](const backend_delete& msg) { erase(msg.backend_program_id, 1); },
    [](const delayed_task& msg) { msg.run(); },
  };
}

void adapter_front_state::execute(std::vector<backend_run> runs,
                                  const program_actor& program) {
  auto replies = std::make_shared<reply_bundle>(program, runs.size());
  // The adapter may throw: what it replied before has to leave all the same.
  auto closed = std::shared_ptr<void>{nullptr,
                                      [&](void*) { replies->close(); }};
  for (auto& x : runs) {
    auto id = x.id;
    auto attempt = x.attempt;
    adapter_->execute(std::move(x),
                      [replies, id, attempt](backend_reply&& reply) {
                        replies->add(id, attempt, std::move(reply));
                      });
  }
}

void adapter_front_state::erase(const std::string& id, size_t attempt) {
  try {
    adapter_->delete_program(id);
  } catch (const std::exception& ex) {
    log_event(log_level::warn, "adapter", "cannot delete a program",
              {{"program", id},
               {"attempt", attempt},
               {"attempts", max_erase_attempts},
               {"error", ex.what()}});
    if (attempt < max_erase_attempts)
      host_->after(erase_delay.delay(attempt),
                   [this, id, attempt] { erase(id, attempt + 1); });
  }
}

adapter_actor::behavior_type
adapter_front(adapter_actor::stateful_pointer<adapter_front_state> self,
              adapter_factory make, restart_note note) {
  return self->state.init(self, make, std::move(note));
}

} // namespace dspex
