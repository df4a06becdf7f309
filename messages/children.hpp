#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

namespace dspex {

/// Asks an actor that watches others which children it has. The name is OTP's.
struct which_children {};

/// One child, as the actor that watches it knows it.
struct child_info {
  std::string name;
  /// Null while the child waits for its restart.
  caf::actor handle;
  /// 1 for the first.
  size_t incarnation = 0;
  bool is_supervisor = false;
};

/// The answer to `which_children`.
struct children {
  std::vector<child_info> items;
};

} // namespace dspex

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::which_children)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::children)
