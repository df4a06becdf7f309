#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <caf/actor_system_config.hpp>
#include <caf/error.hpp>
#include <caf/meta/load_callback.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/replies_to.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include "dspex/client_types.hpp"
#include "dspex/error.hpp"
#include "dspex/id.hpp"
#include "dspex/json.hpp"
#include "dspex/records.hpp"

/// The messages that a CAF actor may send to a node, and the type of the handle
/// that takes them.
///
/// An actor system that talks to dspex calls `add_message_types` on its
/// configuration. Errors travel as `caf::error` of category `dspex`; `from_caf`
/// turns them back.
namespace dspex {

/// Asks for an action of `domain()`, e.g. `program.create`, with its named
/// arguments. The answer is a record, a page of records, or null, as JSON.
struct action_request {
  /// The identity of the caller; `system` for an embedded node.
  std::string caller;
  /// `resource.action`.
  std::string action;
  /// An object with the arguments that `domain()` lists for the action.
  document arguments = document::object();
};

/// Asks for one run of a program.
struct execute_request {
  /// The identity of the caller, as in `action_request`.
  std::string caller;
  /// The id or the unique name of the program.
  std::string program;
  /// Chosen by the client, so that it can cancel or look up the run at once.
  execution_id id;
  /// An object with the input fields of the program's signature.
  document inputs = document::object();
  /// An object; its keys, all optional, are `timeout_ms`, `durability`,
  /// `metadata`, `idempotency_key` and `execution_id`, with the meaning that
  /// `client::execute_program` gives them.
  document options = document::object();
};

/// The gateway of a node. It checks whether the caller may do what a request
/// asks, and hands the request to the actor that carries it out. A gateway that
/// crashes is replaced by another actor: a handle does not outlive it.
using gateway_actor
  = caf::typed_actor<caf::replies_to<action_request>::with<document>,
                     caf::replies_to<execute_request>::with<execution_result>>;

/// Registers the message types of this header and the error category.
void add_message_types(caf::actor_system_config& cfg);

/// The category of our errors inside `caf::error`.
constexpr auto error_category = caf::atom("dspex");

/// Wraps an error for the way through CAF; `from_caf` unwraps it unchanged.
[[nodiscard]] caf::error to_caf(const error& err);

/// Turns any `caf::error` into ours; one that is not ours gets the code
/// `otherwise`, except that a request that timed out is `errc::timeout`.
[[nodiscard]] error from_caf(const caf::error& err, errc otherwise);

// -- inspection ---------------------------------------------------------------

/// Sends a document as its text, and reads it back within our limits.
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, document& x) {
  if constexpr (Inspector::reads_state) {
    auto text = dump_json(*x);
    return f(caf::meta::type_name("dspex::document"), text);
  } else {
    auto text = std::string{};
    auto load = [&x, &text]() -> caf::error {
      auto value = parse_json(text, {.max_bytes = 1'000'000'000});
      if (!value)
        return to_caf({errc::invalid_input,
                       "document from a peer: " + to_string(value.error())});
      x = document{std::move(*value)};
      return caf::none;
    };
    return f(caf::meta::type_name("dspex::document"), text,
             caf::meta::load_callback(load));
  }
}

/// @{
/// Sends a message member by member.
template <class Inspector>
auto inspect(Inspector& f, action_request& x) {
  return f(caf::meta::type_name("dspex::action_request"), x.caller, x.action,
           x.arguments);
}

template <class Inspector>
auto inspect(Inspector& f, execute_request& x) {
  return f(caf::meta::type_name("dspex::execute_request"), x.caller, x.program,
           x.id, x.inputs, x.options);
}

template <class Inspector>
auto inspect(Inspector& f, execution_result& x) {
  return f(caf::meta::type_name("dspex::execution_result"), x.id, x.outputs,
           x.duration_us, x.status);
}
/// @}

} // namespace dspex

// Far enough up that an embedder's own block fits below.
CAF_BEGIN_TYPE_ID_BLOCK(dspex, caf::first_custom_type_id + 800)

  CAF_ADD_TYPE_ID(dspex, (dspex::document))
  CAF_ADD_TYPE_ID(dspex, (dspex::action_request))
  CAF_ADD_TYPE_ID(dspex, (dspex::execute_request))
  CAF_ADD_TYPE_ID(dspex, (dspex::execution_result))

CAF_END_TYPE_ID_BLOCK(dspex)
