#pragma once

#include "dspex/domain.hpp"

/// The rows behind `domain()`, known at compile time so that an actor can prove
/// there that it carries out each action that names it as the owner. The rows
/// of one resource stand together. The namespace keeps the short names that the
/// rows are written with from the rest of dspex.
namespace dspex::action_table {

using enum action_kind;
using enum action_owner;
using enum action_deadline;
using enum action_trait;
using enum argument_type;

constexpr argument required(std::string_view name, argument_type type = text) {
  return {name, type, true};
}

constexpr argument optional(std::string_view name, argument_type type = text) {
  return {name, type, false};
}

template <class... Arguments>
constexpr argument_list takes(Arguments... xs) {
  return {xs...};
}

/// The arguments of an action that answers with a page.
template <class... Filters>
constexpr argument_list paged(Filters... xs) {
  return {xs..., optional("limit", integer), optional("cursor")};
}

inline constexpr action rows[] = {
  // -- signatures -------------------------------------------------------------

  {"signature.define", operate, registry, quick,
   takes(required("module"), required("signature"), optional("instructions"),
         optional("version"), optional("description"))},
  {"signature.create", operate, registry, quick,
   takes(required("module"), optional("name"), optional("description"),
         optional("version"))},
  {"signature.get", read, registry, quick, takes(required("signature"))},
  {"signature.list", read, registry, quick,
   paged(optional("module"), optional("name"), optional("status"))},
  {"signature.activate", operate, registry, quick,
   takes(required("signature"))},
  {"signature.deprecate", operate, registry, quick,
   takes(required("signature"))},
  {"signature.update", operate, registry, quick,
   takes(required("signature"), optional("name"), optional("description"))},
  {"signature.destroy", operate, registry, quick, takes(required("signature"))},
  {"signature.explain", read, registry, quick, takes(required("module"))},

  // -- programs ---------------------------------------------------------------

  {"program.create", operate, manager, quick,
   takes(required("module"), optional("name"), optional("adapter_type"),
         optional("configuration", object), optional("reuse", boolean))},
  {"program.get", read, manager, quick, takes(required("program"))},
  {"program.list", read, manager, quick,
   paged(optional("name"), optional("status"), optional("signature"),
         optional("adapter_type"), optional("include_ephemeral", boolean))},
  {"program.initialize", operate, program, slow, takes(required("program"))},
  {"program.reinitialize", operate, program, slow,
   takes(required("program"), optional("configuration", object))},
  {"program.archive", operate, program, quick, takes(required("program"))},
  {"program.update", operate, program, quick,
   takes(required("program"), optional("name"),
         optional("configuration", object))},
  {"program.destroy", operate, program, quick,
   takes(required("program"), optional("cascade", boolean))},
  {"program.stats", read, manager, quick, takes(required("program"))},
  {"program.execute", execute, program, run,
   takes(required("program"), required("inputs", object),
         optional("options", object)),
   own_message},
  {"program.quick_execute", execute, manager, run,
   takes(required("module"), required("inputs", object),
         optional("adapter_type"), optional("configuration", object),
         optional("options", object))},

  // -- executions -------------------------------------------------------------

  {"execution.get", read, tracker, quick, takes(required("execution"))},
  {"execution.list", read, tracker, quick,
   paged(optional("program"), optional("status"), optional("error_code"),
         optional("since"), optional("until"))},
  {"execution.cancel", execute, tracker, quick, takes(required("execution")),
   while_stopping},
  {"execution.create", execute, tracker, quick,
   takes(required("program"), required("inputs", object),
         optional("metadata", object))},
  {"execution.mark_running", execute, tracker, quick,
   takes(required("execution"))},
  {"execution.mark_completed", execute, tracker, quick,
   takes(required("execution"), required("outputs", object),
         required("duration_ms", number))},
  {"execution.mark_failed", execute, tracker, quick,
   takes(required("execution"), required("error_message"),
         required("duration_ms", number), optional("error_code"))},
  {"execution.prune", operate, tracker, slow,
   takes(required("older_than"), optional("program"))},
};

} // namespace dspex::action_table
