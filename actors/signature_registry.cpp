#include "actors/signature_registry.hpp"

#include <chrono>
#include <memory>
#include <utility>

#include "actors/actions/arguments.hpp"
#include "actors/actions/table.hpp"
#include "actors/kit/ask_store.hpp"
#include "actors/kit/handlers.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "signatures/explain.hpp"

namespace dspex {

namespace {

// Checking a signature takes no time: an adapter that needs longer is stuck.
constexpr auto adapter_limit = std::chrono::seconds{5};

error unusable_module(const std::string& why) {
  return {errc::invalid_signature,
          "Invalid signature module: " + why,
          {{"field", "signature_module"}}};
}

result<document> to_document(result<signature_record> outcome) {
  return outcome.map(
    [](const signature_record& x) { return document{to_json(x)}; });
}

// Names the parts in which a recorded version differs from the module.
std::string differing_fields(const signature_record& recorded,
                             const any_signature& sig) {
  auto result = std::string{};
  auto add = [&](const char* name, bool differs) {
    if (differs)
      result += (result.empty() ? "" : ", ") + std::string{name};
  };
  add("inputs", *recorded.inputs != sig.to_json(side::inputs));
  add("outputs", *recorded.outputs != sig.to_json(side::outputs));
  add("instructions", recorded.instructions != sig.instructions());
  return result;
}

result<signature_module> read_module(const json& arguments) {
  auto module = normalize_module(text_or(arguments, "module"));
  if (!module)
    return fail(module.error());
  auto version = text_or(arguments, "version", "1.0.0");
  if (!is_version(version))
    return fail(errc::invalid_option, "Argument version: must be three numbers "
                                      "with dots between, got \""
                                        + version + '"');
  return any_signature::parse(text_or(arguments, "signature"),
                              text_or(arguments, "instructions"))
    .map([&](any_signature&& sig) {
      return signature_module{*module, std::move(sig), version,
                              text_or(arguments, "description"),
                              module_origin::call};
    });
}

} // namespace

signature_registry_actor::behavior_type signature_registry_state::init(
  signature_registry_actor::stateful_pointer<signature_registry_state> self,
  context_ptr ctx) {
  self_ = self;
  ctx_ = std::move(ctx);
  set_handlers(self);
  return {
    [this](const action_call& call) { act(call); },
    [this](const signature_wanted& msg) -> caf::result<signature_record> {
      auto answer = make_promise<signature_record>(self_,
                                                   errc::store_unavailable);
      find_or_record({{"module", msg.module}},
                     [answer](const result<signature_record>& outcome) {
                       answer.deliver(outcome);
                     });
      return caf::delegated<signature_record>{};
    },
  };
}

void signature_registry_state::act(const action_call& call) {
  using me = signature_registry_state;
  static constexpr action_handler<me> table[] = {
    {"signature.define", &me::define},
    {"signature.create", &me::create},
    {"signature.get", &me::get},
    {"signature.list", &me::list},
    {"signature.activate", &me::transition<signature_action::activate>},
    {"signature.deprecate", &me::transition<signature_action::deprecate>},
    {"signature.update", &me::update},
    {"signature.destroy", &me::destroy},
    {"signature.explain", &me::explain},
  };
  static_assert(covers(table, action_owner::registry));
  call.answer.if_dropped(errc::store_unavailable);
  if (!carry_out(*this, table, call))
    call.answer.deliver(unknown_action(call));
}

// -- modules ------------------------------------------------------------------

void signature_registry_state::define(const action_call& call) {
  auto mod = read_module(call.arguments());
  if (!mod)
    return call.answer.deliver(mod.error());
  auto known = ctx_->modules.put(*mod);
  if (known.origin == module_origin::cpp
      && (known.signature != mod->signature || known.version != mod->version))
    return call.answer.deliver(error{
      errc::conflict, "Module " + mod->name + " is defined in C++ (version "
                        + known.version + "), which wins"});
  auto reply = json::object();
  reply["module"] = mod->name;
  reply["version"] = mod->version;
  reply["content_hash"] = mod->signature.content_hash();
  call.answer.deliver(document{std::move(reply)});
}

void signature_registry_state::with_module(const std::string& module,
                                           module_callback then) {
  auto normal = normalize_module(module);
  if (!normal)
    return then(fail(unusable_module(normal.error().message)));
  if (auto known = ctx_->modules.find(*normal))
    return then(std::move(*known));
  ask_store(
    self_, ctx_, access::read_only,
    [module = *normal](store& s) -> result<signature_record> {
      auto best = std::optional<signature_record>{};
      auto deprecated = false;
      auto filter = signature_filter{};
      filter.module = module;
      auto where = page_request{.limit = 1000, .cursor = {}};
      do {
        auto found = s.list_signatures(filter, where);
        if (!found)
          return fail(found.error());
        for (auto& x : found->items)
          if (x.status == signature_status::deprecated)
            deprecated = true;
          else if (!best || version_less(best->version, x.version))
            best = std::move(x);
        where.cursor = found->next;
      } while (!where.cursor.empty());
      if (!best && deprecated)
        return fail(errc::invalid_transition, "Signature is deprecated");
      if (!best)
        return fail(errc::unknown_module,
                    "Unknown signature module: " + module);
      return std::move(*best);
    },
    [this, then](result<signature_record> found) {
      if (!found)
        return then(fail(found.error()));
      auto sig = any_signature::from_json(*found->inputs, *found->outputs,
                                          found->instructions);
      if (!sig) {
        auto why = unusable_module(sig.error().message);
        why.details["reasons"] = json::array();
        for (auto& x : explain_fields(*found->inputs, *found->outputs,
                                      found->instructions))
          why.details["reasons"].push_back(x.message);
        return then(fail(std::move(why)));
      }
      auto mod = signature_module{found->module, std::move(*sig),
                                  found->version, found->description,
                                  module_origin::store};
      then(std::move(mod));
    });
}

void signature_registry_state::explain(const action_call& call) {
  with_module(
    text_or(call.arguments(), "module"),
    [this, answer = call.answer](const result<signature_module>& mod) {
      auto report = json::object();
      report["valid"] = mod.has_value();
      report["reasons"] = json::array();
      if (mod) {
        report["version"] = mod->version;
        return ask_adapters(mod->signature, std::move(report), answer);
      }
      auto& why = mod.error();
      if (is_retryable(why.code))
        return answer.deliver(why);
      if (why.details.contains("reasons"))
        report["reasons"] = why.details["reasons"];
      else
        report["reasons"].push_back(why.message);
      answer.deliver(document{std::move(report)});
    });
}

void signature_registry_state::ask_adapters(const any_signature& sig,
                                            json report,
                                            const promise<document>& answer) {
  struct collection {
    json report;
    size_t open;
  };
  auto all = std::make_shared<collection>(
    collection{std::move(report), ctx_->adapters.size()});
  auto& verdicts = all->report["adapters"];
  verdicts = json::object();
  for (auto& [type, _] : ctx_->adapters)
    verdicts[type] = nullptr;
  if (all->open == 0)
    return answer.deliver(document{all->report});
  for (auto& [type, place] : ctx_->adapters) {
    auto settle = [all, answer, type = type](json why_not) {
      all->report["adapters"][type] = std::move(why_not);
      if (--all->open == 0)
        answer.deliver(document{all->report});
    };
    auto front = place.get();
    if (!front) {
      settle(restarting("adapter " + type).message);
      continue;
    }
    self_->request(front, adapter_limit, backend_check{sig})
      .then([settle](done) { settle(nullptr); },
            [settle](caf::error& err) {
              settle(from_caf(err, errc::backend_unavailable).message);
            });
  }
}

// -- records ------------------------------------------------------------------

void signature_registry_state::create(const action_call& call) {
  find_or_record(call.arguments(),
                 [answer = call.answer](result<signature_record> outcome) {
                   answer.deliver(to_document(std::move(outcome)));
                 });
}

void signature_registry_state::find_or_record(const json& arguments,
                                              record_callback then) {
  with_module(text_or(arguments, "module"),
              [this, arguments, then](const result<signature_module>& mod) {
                if (mod)
                  record_signature(*mod, arguments, then);
                else
                  then(fail(mod.error()));
              });
}

void signature_registry_state::record_signature(const signature_module& mod,
                                                const json& arguments,
                                                const record_callback& then) {
  auto record = signature_record{};
  record.id = signature_id::make();
  record.module = mod.name;
  record.version = text_or(arguments, "version", mod.version);
  record.name = text_or(arguments, "name", mod.name);
  if (!is_version(record.version))
    return then(
      fail(errc::invalid_option, "Argument version: must be three numbers "
                                 "with dots between, got \""
                                   + record.version + '"'));
  if (is_blank(record.name))
    return then(fail(errc::invalid_option, "Name must be present"));
  record.description = text_or(arguments, "description", mod.description);
  record.inputs = document{mod.signature.to_json(side::inputs)};
  record.outputs = document{mod.signature.to_json(side::outputs)};
  record.instructions = mod.signature.instructions();
  record.content_hash = mod.signature.content_hash();
  record.inserted_at = record.updated_at = now();
  ask_store(
    self_, ctx_, access::read_write,
    [record](store& s) { return s.insert_signature(record); },
    [then, sig = mod.signature](result<signature_record> outcome) {
      if (outcome && outcome->content_hash != sig.content_hash())
        return then(fail(errc::conflict, outcome->module + ' '
                                           + outcome->version
                                           + " is recorded with different "
                                           + differing_fields(*outcome, sig)));
      then(std::move(outcome));
    });
}

void signature_registry_state::get(const action_call& call) {
  with_record(text_or(call.arguments(), "signature"),
              [answer = call.answer](result<signature_record> found) {
                answer.deliver(to_document(std::move(found)));
              });
}

void signature_registry_state::list(const action_call& call) {
  auto filter = signature_filter_from(call.arguments());
  if (!filter)
    return call.answer.deliver(filter.error());
  auto where = page_request_from(call.arguments());
  if (!where)
    return call.answer.deliver(where.error());
  ask_store(
    self_, ctx_, access::read_only,
    [filter = *filter, where = *where](store& s) {
      return s.list_signatures(filter, where);
    },
    [answer = call.answer](result<page<signature_record>> outcome) {
      answer.deliver(outcome.map(
        [](const page<signature_record>& x) { return document{to_json(x)}; }));
    });
}

template <signature_action Action>
void signature_registry_state::transition(const action_call& call) {
  with_record(text_or(call.arguments(), "signature"),
              [this, answer = call.answer](result<signature_record> found) {
                if (!found)
                  return answer.deliver(found.error());
                ask_store(
                  self_, ctx_, access::read_write,
                  [id = found->id](store& s) {
                    return s.transition_signature(id, Action);
                  },
                  [answer](result<signature_record> outcome) {
                    answer.deliver(to_document(std::move(outcome)));
                  });
              });
}

void signature_registry_state::update(const action_call& call) {
  auto& arguments = call.arguments();
  auto change = signature_update{};
  if (arguments.contains("name"))
    change.name = text_or(arguments, "name");
  if (arguments.contains("description"))
    change.description = text_or(arguments, "description");
  if (change.name && is_blank(*change.name))
    return call.answer.deliver(
      error{errc::invalid_option, "Name must be present"});
  with_record(
    text_or(arguments, "signature"),
    [this, change, answer = call.answer](result<signature_record> found) {
      if (!found)
        return answer.deliver(found.error());
      ask_store(
        self_, ctx_, access::read_write,
        [id = found->id, change](store& s) {
          return s.update_signature(id, change);
        },
        [answer](result<signature_record> outcome) {
          answer.deliver(to_document(std::move(outcome)));
        });
    });
}

void signature_registry_state::destroy(const action_call& call) {
  with_record(
    text_or(call.arguments(), "signature"),
    [this, answer = call.answer](result<signature_record> found) {
      if (!found)
        return answer.deliver(found.error());
      ask_store(
        self_, ctx_, access::read_write,
        [id = found->id](store& s) { return s.destroy_signature(id); },
        [answer](const result<void>& outcome) {
          answer.deliver(outcome.map([] { return document{}; }));
        });
    });
}

void signature_registry_state::with_record(const std::string& ref,
                                           record_callback then) {
  if (auto id = signature_id::parse(ref)) {
    ask_store(
      self_, ctx_, access::read_only,
      [id = *id](store& s) { return s.get_signature(id); }, std::move(then));
    return;
  }
  ask_store(
    self_, ctx_, access::read_only,
    [ref](store& s) -> result<signature_record> {
      // A module with this name comes before a signature with this name.
      for (auto by_module : {true, false}) {
        auto filter = signature_filter{};
        (by_module ? filter.module : filter.name) = ref;
        auto found = s.list_signatures(filter, {.limit = 10, .cursor = {}});
        if (!found)
          return fail(found.error());
        if (found->items.size() == 1)
          return std::move(found->items.front());
        if (found->items.empty())
          continue;
        auto ids = std::string{};
        for (auto& x : found->items)
          ids += (ids.empty() ? "" : ", ") + to_string(x.id) + " (version "
                 + x.version + ')';
        return fail(errc::conflict,
                    "Several signatures match \"" + ref + "\": " + ids);
      }
      return fail(errc::not_found,
                  "No signature has the id or name \"" + ref + '"');
    },
    std::move(then));
}

signature_registry_actor::behavior_type signature_registry(
  signature_registry_actor::stateful_pointer<signature_registry_state> self,
  context_ptr ctx) {
  return self->state.init(self, std::move(ctx));
}

} // namespace dspex
