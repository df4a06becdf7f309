#include "cli/execution_tail.hpp"

#include <algorithm>
#include <poll.h>
#include <utility>

#include "cli/interrupt.hpp"
#include "cli/messages.hpp"

namespace dspex::cli {

namespace {

// How many milliseconds lie between two readings.
constexpr auto look_interval = 250;

// This long after it was accepted, an execution is in the store or has not
// ended: the tracker shows it after a second, and a commit takes its time.
constexpr auto time_to_store = std::chrono::seconds{5};

bool wait_for_interrupt(int fd) {
  pollfd ready[] = {{fd, POLLIN, 0}};
  return ::poll(ready, 1, look_interval) > 0;
}

} // namespace

finished_feed::finished_feed(client where, execution_filter which)
  : client_(std::move(where)), which_(which) {
}

result<void> finished_feed::start() {
  since_ = now() - time_to_store;
  auto before = std::vector<execution_record>{};
  auto recent = execution_filter{};
  recent.since = since_;
  if (auto ok = read(recent, before); !ok)
    return ok;
  // Executions that have been open for longer are looked up one by one.
  for (auto status : {execution_status::pending, execution_status::running}) {
    auto open = execution_filter{};
    open.status = status;
    if (auto ok = read(open, before); !ok)
      return ok;
  }
  return {};
}

result<std::vector<execution_record>> finished_feed::next() {
  auto ended = std::vector<execution_record>{};
  auto next_since = now() - time_to_store;
  auto recent = execution_filter{};
  recent.since = since_;
  if (auto ok = read(recent, ended); !ok)
    return fail(ok.error());
  if (auto ok = look_up_open(ended); !ok)
    return fail(ok.error());
  since_ = next_since;
  std::erase_if(known_, [this](auto& x) { return x.second < since_; });
  std::erase_if(ended, [this](auto& x) { return !wanted(x); });
  std::sort(ended.begin(), ended.end(),
            [](auto& x, auto& y) { return x.id < y.id; });
  return ended;
}

result<void> finished_feed::read(execution_filter which,
                                 std::vector<execution_record>& ended) {
  which.program = which_.program;
  auto where = page_request{.limit = 1000, .cursor = {}};
  do {
    auto found = client_.list_executions(which, where);
    if (!found)
      return fail(found.error());
    for (auto& x : found->items) {
      if (!is_terminal(x.status)) {
        open_.insert(x.id);
      } else if (known_.emplace(x.id, x.executed_at).second) {
        open_.erase(x.id);
        ended.push_back(std::move(x));
      }
    }
    where.cursor = found->next;
  } while (!where.cursor.empty());
  return {};
}

result<void> finished_feed::look_up_open(std::vector<execution_record>& ended) {
  for (auto i = open_.begin(); i != open_.end();) {
    auto found = client_.get_execution(*i);
    if (!found && found.error().code != errc::not_found)
      return fail(found.error());
    if (found && !is_terminal(found->status)) {
      ++i;
      continue;
    }
    if (found) {
      known_.emplace(found->id, found->executed_at);
      ended.push_back(std::move(*found));
    }
    i = open_.erase(i);
  }
  return {};
}

bool finished_feed::wanted(const execution_record& x) const {
  return (!which_.status || x.status == *which_.status)
         && (!which_.error_code || x.error_code == *which_.error_code);
}

int follow_executions(const invocation& call, const client& where,
                      const execution_filter& which,
                      const std::vector<list_column>& columns,
                      std::optional<uint64_t> limit) {
  auto interrupt_fd = catch_interrupt();
  auto feed = finished_feed{where, which};
  auto printer = list_printer{call, columns};
  if (auto ok = feed.start().and_then([&] { return printer.open(); }); !ok)
    return report(ok.error());
  print_notice("waiting for runs to end; Ctrl-C stops");
  auto stopped = false;
  while (!stopped && limit != 0) {
    auto ended = feed.next();
    if (!ended)
      return report(ended.error());
    auto part = page<json>{};
    for (auto& x : *ended) {
      if (limit == 0)
        break;
      if (limit)
        --*limit;
      part.items.push_back(to_json(x));
    }
    if (auto ok = printer.print(part); !ok)
      return report(ok.error());
    stopped = limit != 0 && wait_for_interrupt(interrupt_fd);
  }
  if (auto ok = printer.close({}); !ok)
    return report(ok.error());
  return stopped ? exit_interrupted : exit_ok;
}

} // namespace dspex::cli
