#pragma once

#include <functional>

#include <caf/actor.hpp>

namespace dspex::test {

/// Ends an actor as a fault would.
using fault = std::function<void(const caf::actor&)>;

/// Ends it at once, whatever waits in its mailbox.
void kill(const caf::actor& victim);

/// Lets it throw in the handler of a message. Works on every actor: the message
/// is one that all of them take, and throws when it is read.
void make_throw(const caf::actor& victim);

} // namespace dspex::test
