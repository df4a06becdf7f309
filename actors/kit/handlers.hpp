#pragma once

#include <exception>
#include <string>

#include <caf/deep_to_string.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/send.hpp>

#include "core/log.hpp"
#include "dspex/protocol.hpp"

namespace dspex {

/// Replaces CAF's built-in handlers, which print to stdout, by ones that log.
/// Every actor calls it first; those that care for exit or down messages set
/// these handlers afterwards.
inline void set_handlers(caf::scheduled_actor* self) {
  self->set_default_handler(caf::drop);
  self->set_error_handler([](caf::scheduled_actor* me, caf::error& err) {
    log_event(log_level::debug, me->name(), caf::deep_to_string(err));
  });
  self->set_down_handler([](caf::scheduled_actor*, caf::down_msg&) {});
  self->set_exit_handler([](caf::scheduled_actor* me, caf::exit_msg& msg) {
    me->quit(std::move(msg.reason));
  });
  self->set_exception_handler(
    [](caf::scheduled_actor* me, std::exception_ptr& ptr) -> caf::error {
      auto what = std::string{"unknown exception"};
      try {
        std::rethrow_exception(ptr);
      } catch (const std::exception& ex) {
        what = ex.what();
      } catch (...) {
        // The text above says all there is.
      }
      log_event(log_level::error, me->name(), what);
      return to_caf({errc::internal, what});
    });
}

/// Asks an actor to stop. An ordinary exit message would queue behind
/// everything in the mailbox.
template <class Handle>
void send_stop(const Handle& dest, caf::exit_reason reason) {
  auto ptr = caf::actor_cast<caf::strong_actor_ptr>(dest);
  if (ptr != nullptr)
    ptr->enqueue(nullptr, caf::make_message_id(caf::message_priority::high),
                 caf::make_message(caf::exit_msg{ptr->address(), reason}),
                 nullptr);
}

} // namespace dspex
