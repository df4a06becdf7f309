// What the tracker answers about executions: the store's rows, and those in
// flight that are not there yet; and how they are cancelled.

#include <algorithm>
#include <functional>
#include <unordered_set>
#include <utility>

#include "actors/actions/arguments.hpp"
#include "actors/kit/ask_store.hpp"
#include "actors/tracker/tracker.hpp"
#include "messages/promise.hpp"

namespace dspex {

namespace {

// Of an execution in flight; it has no error.
bool matches(const execution_record& x, execution_status status,
             const execution_filter& filter) {
  return (!filter.program || x.program_id == *filter.program)
         && (!filter.status || status == *filter.status)
         && (!filter.error_code || *filter.error_code == errc::none)
         && (!filter.since || x.executed_at >= *filter.since)
         && (!filter.until || x.executed_at < *filter.until);
}

// Programs keep quiet about a run for a moment, see program_outbox.cpp: one
// that nobody knows may be that young. Longer than the moment and the way here;
// under load that may take longer, so the delay is doubled up to the last.
constexpr caf::timespan first_delay = std::chrono::milliseconds{10};
constexpr caf::timespan last_delay = std::chrono::milliseconds{80};

// The age of an id by our clock, which may not be that of its maker.
constexpr auto young = std::chrono::seconds{10};

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

execution_status execution_tracker_state::open_execution::shown_status() const {
  if (!record.id.is_nil())
    return record.status;
  return known().started_at ? execution_status::running
                            : execution_status::pending;
}

execution_record execution_tracker_state::open_execution::shown() const {
  auto x = known();
  x.status = shown_status();
  x.outputs = document{};
  x.duration_us.reset();
  x.finished_at.reset();
  x.error_code = errc::none;
  x.error_message.clear();
  x.updated_at = x.started_at.value_or(x.inserted_at);
  return x;
}

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
  get(*id, make_promise<document>(self_, errc::store_unavailable), first_delay);
  return caf::delegated<document>{};
}

void execution_tracker_state::get(execution_id id,
                                  const promise<document>& answer,
                                  caf::timespan delay) {
  if (auto i = open_.find(id); i != open_.end())
    return answer.deliver(document{to_json(i->second.shown())});
  ask_store(
    self_, ctx_, access::read_only,
    [id](store& s) { return s.get_execution(id); },
    [this, id, answer, delay](const result<execution_record>& found) {
      auto again = [=, this] { get(id, answer, 2 * delay); };
      if (ask_again(id, found, delay, again))
        return;
      answer.deliver(found.map(
        [](const execution_record& x) { return document{to_json(x)}; }));
    });
}

bool execution_tracker_state::ask_again(execution_id id,
                                        const result<execution_record>& found,
                                        caf::timespan delay,
                                        std::function<void()> task) {
  auto made_at = id.value.made_at();
  if (found || found.error().code != errc::not_found || delay > last_delay
      || !made_at || now() - *made_at > young)
    return false;
  self_->delayed_send(self_, delay, delayed_task{std::move(task)});
  return true;
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
  auto open = newest_open(*filter, *where);
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

std::vector<execution_record>
execution_tracker_state::newest_open(const execution_filter& filter,
                                     const page_request& where) const {
  auto before = execution_id::parse(where.cursor);
  auto found = std::vector<std::pair<execution_id, const open_execution*>>{};
  for (auto& [id, x] : open_)
    if ((!before || id < *before)
        && matches(x.known(), x.shown_status(), filter))
      found.emplace_back(id, &x);
  // One more than fits shows that there is another page.
  auto count = std::min(found.size(), size_t{where.limit} + 1);
  auto end = found.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(found.begin(), end, found.end(), std::greater{});
  auto result = std::vector<execution_record>{};
  std::for_each(found.begin(), end,
                [&](auto& x) { result.push_back(x.second->shown()); });
  return result;
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
        for (auto& [_, open] : open_)
          if (open.known().program_id == id && !open.in_store)
            ++x.in_progress;
        return document{to_json(x)};
      }));
    });
  return caf::delegated<document>{};
}

caf::result<document> execution_tracker_state::cancel(const json& arguments) {
  auto id = execution_id_from(arguments);
  if (!id)
    return to_caf(id.error());
  cancel(*id, make_promise<document>(self_, errc::store_unavailable),
         first_delay);
  return caf::delegated<document>{};
}

void execution_tracker_state::cancel(execution_id id,
                                     const promise<document>& answer,
                                     caf::timespan delay) {
  auto i = open_.find(id);
  if (i != open_.end() && !i->second.end) {
    self_
      ->request(i->second.owner->program, store_deadline(*ctx_),
                cancel_request{id})
      .then([answer](done) { answer.deliver(document{}); },
            [answer](caf::error& err) {
              answer.deliver(from_caf(err, errc::backend_unavailable));
            });
    return;
  }
  ask_store(
    self_, ctx_, access::read_only,
    [id](store& s) { return s.get_execution(id); },
    [this, id, answer, delay](const result<execution_record>& found) {
      auto again = [=, this] { cancel(id, answer, 2 * delay); };
      if (ask_again(id, found, delay, again))
        return;
      if (!found)
        answer.deliver(found.error());
      else
        cancel_by_hand(*found, answer);
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
  end.error_code = errc::cancelled;
  end.error_message = "The execution was cancelled";
  ask_store(
    self_, ctx_, access::read_write,
    [id = x.id, end](store& s) { return s.step_execution(id, end); },
    [answer](const result<execution_record>& outcome) {
      answer.deliver(
        outcome.map([](const execution_record&) { return document{}; }));
    });
}

} // namespace dspex
