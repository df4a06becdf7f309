// What the tracker answers about executions: the store's rows, and those in
// flight that are not there yet; and how they are cancelled.

#include <algorithm>
#include <functional>
#include <unordered_set>
#include <utility>

#include "actors/actions/arguments.hpp"
#include "actors/executions/outcome.hpp"
#include "actors/kit/ask_store.hpp"
#include "actors/tracker/tracker.hpp"
#include "messages/promise.hpp"

namespace dspex {

namespace {

// Adds what was in flight to a page of the store.
page<execution_record> merge(page<execution_record> stored,
                             const std::vector<execution_record>& open,
                             size_t limit) {
  auto& items = stored.items;
  auto last_stored = items.empty() ? execution_id{} : items.back().id;
  auto known = std::unordered_set<execution_id>{};
  for (auto& x : items)
    known.insert(x.id);
  for (auto& x : open) {
    // Beyond the store's last row the order is not known yet.
    auto in_range = stored.next.empty() || x.id > last_stored;
    if (in_range && known.count(x.id) == 0)
      items.push_back(x);
  }
  std::sort(items.begin(), items.end(),
            [](auto& x, auto& y) { return x.id > y.id; });
  if (items.size() > limit) {
    items.resize(limit);
    stored.next = to_string(items.back().id);
  }
  return stored;
}

} // namespace

caf::result<document>
execution_tracker_state::handle(const action_request& request) {
  auto& arguments = *request.arguments;
  if (request.action == "execution.get")
    return get(arguments);
  if (request.action == "execution.list")
    return list(arguments);
  if (request.action == "execution.cancel")
    return cancel(arguments);
  if (request.action == "execution.create")
    return create(arguments);
  if (request.action == "execution.prune")
    return prune(arguments);
  if (request.action.rfind("execution.mark_", 0) == 0)
    return step(request.action, arguments);
  if (request.action == "program.stats")
    return statistics(arguments);
  return to_caf({errc::invalid_option, "Unknown action: " + request.action});
}

caf::result<document> execution_tracker_state::get(const json& arguments) {
  auto id = execution_id_from(arguments);
  if (!id)
    return to_caf(id.error());
  get(*id, make_promise<document>(self_, errc::store_unavailable));
  return caf::delegated<document>{};
}

void execution_tracker_state::get(execution_id id,
                                  const promise<document>& answer) {
  auto again = [this, self = execution_tracker_actor{self_}, id, answer] {
    caf::anon_send(self, delayed_task{[=, this] { get(id, answer); }});
  };
  if (ctx_->in_flight.when_decided(id, std::move(again)))
    return;
  if (auto x = ctx_->in_flight.find(id))
    return answer.deliver(document{to_json(*x)});
  ask_store(
    self_, ctx_, access::read_only,
    [id](store& s) { return s.get_execution(id); },
    [answer](const result<execution_record>& found) {
      answer.deliver(found.map(
        [](const execution_record& x) { return document{to_json(x)}; }));
    });
}

caf::result<document> execution_tracker_state::list(const json& arguments) {
  auto filter = execution_filter_from(arguments);
  if (!filter)
    return to_caf(filter.error());
  auto where = page_request_from(arguments);
  if (!where)
    return to_caf(where.error());
  auto answer = make_promise<document>(self_, errc::store_unavailable);
  // Taken before the store is read: what is committed meanwhile is in one of
  // the two for sure.
  auto open
    = ctx_->in_flight.newest(*filter, execution_id::parse(where->cursor),
                             // One more shows that there is a page more.
                             size_t{where->limit} + 1);
  ask_store(
    self_, ctx_, access::read_only,
    [filter = *filter, where = *where](store& s) {
      return s.list_executions(filter, where);
    },
    [answer, open = std::move(open),
     limit = where->limit](result<page<execution_record>> stored) {
      answer.deliver(std::move(stored).map([&](page<execution_record>&& x) {
        return document{to_json(merge(std::move(x), open, limit))};
      }));
    });
  return caf::delegated<document>{};
}

caf::result<document>
execution_tracker_state::statistics(const json& arguments) {
  auto id = program_id::parse(text_or(arguments, "program"));
  if (!id)
    return to_caf({errc::not_found, "No program has the id \""
                                      + text_or(arguments, "program") + '"'});
  auto answer = make_promise<document>(self_, errc::store_unavailable);
  ask_store(
    self_, ctx_, access::read_only,
    [id = *id](store& s) { return s.get_statistics(id); },
    [this, answer, id = *id](result<program_statistics> outcome) {
      answer.deliver(outcome.map([&](program_statistics x) {
        x.in_progress += ctx_->in_flight.count(id);
        return document{to_json(x)};
      }));
    });
  return caf::delegated<document>{};
}

caf::result<document> execution_tracker_state::cancel(const json& arguments) {
  auto id = execution_id_from(arguments);
  if (!id)
    return to_caf(id.error());
  auto answer = make_promise<document>(self_, errc::store_unavailable);
  if (auto program = ctx_->in_flight.cancel(*id)) {
    if (*program)
      cancel_run(*program, *id, answer);
    else
      answer.deliver(document{});
    return caf::delegated<document>{};
  }
  ask_store(
    self_, ctx_, access::read_only,
    [id = *id](store& s) { return s.get_execution(id); },
    [this, answer](const result<execution_record>& found) {
      if (found)
        cancel_by_hand(*found, answer);
      else
        answer.deliver(found.error());
    });
  return caf::delegated<document>{};
}

void execution_tracker_state::cancel_run(const caf::actor_addr& program,
                                         execution_id id,
                                         const promise<document>& answer) {
  auto dest = caf::actor_cast<program_actor>(program);
  if (!dest)
    return answer.deliver(
      error{errc::backend_unavailable, "The program of this run has ended"});
  self_->request(dest, store_deadline(*ctx_), cancel_request{id})
    .then([answer](done) { answer.deliver(document{}); },
          [answer](caf::error& err) {
            answer.deliver(from_caf(err, errc::backend_unavailable));
          });
}

void execution_tracker_state::cancel_by_hand(const execution_record& x,
                                             const promise<document>& answer) {
  if (is_terminal(x.status))
    return answer.deliver(
      error{errc::invalid_transition, "Execution is already finished"});
  if (!x.node.is_nil())
    return answer.deliver(
      error{errc::conflict, "Another node runs this execution"});
  auto end = execution_step{.action = execution_action::mark_failed};
  end.duration_us = std::max((now() - x.executed_at).count(), int64_t{0});
  end.error_code = cancellation().code;
  end.error_message = cancellation().message;
  ask_store(
    self_, ctx_, access::read_write,
    [id = x.id, end](store& s) { return s.step_execution(id, end); },
    [answer](const result<execution_record>& outcome) {
      answer.deliver(
        outcome.map([](const execution_record&) { return document{}; }));
    });
}

} // namespace dspex
