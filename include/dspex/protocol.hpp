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

/// What a CAF peer sends to a node: requests as structs, one typed handle.
///
/// Add `add_message_types` to the configuration of an actor system that talks
/// to dspex. Errors travel as `caf::error` of category `dspex`; `from_caf`
/// turns them back.
namespace dspex {

/// Asks for an action of `domain()`, e.g. `program.create`, with its named
/// arguments. The answer is a record, a page of records, or null, as JSON.
struct action_request {
  /// The caller's identity; `system` for an embedded node.
  std::string caller;
  /// `resource.action`.
  std::string action;
  /// An object; names and meaning as `domain()` lists them.
  document arguments = document::object();
};

/// Asks for one run of a program.
struct execute_request {
  std::string caller;
  /// Id or unique name.
  std::string program;
  /// Chosen by the client, so that it can cancel or look up the run at once.
  execution_id id;
  document inputs = document::object();
  /// An object; SPEC "Executions" lists the keys.
  document options = document::object();
};

/// The one door of a node: authorises, then delegates to whoever is alive. The
/// handle stays valid for as long as the node lives.
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
