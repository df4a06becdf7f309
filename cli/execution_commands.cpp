#include "cli/execution_tail.hpp"
#include "cli/list_verb.hpp"
#include "cli/moment.hpp"
#include "cli/verb.hpp"

namespace dspex::cli {

namespace {

// -- which executions ---------------------------------------------------------

struct filter_arguments {
  std::optional<std::string> program;
  std::optional<std::string> status;
  std::optional<std::string> error_code;
  std::optional<std::string> since;
  std::optional<std::string> until;
};

result<execution_filter> to_filter(const filter_arguments& given) {
  auto out = execution_filter{};
  if (given.status)
    out.status = execution_status_from_string(*given.status);
  if (given.error_code) {
    out.error_code = errc_from_string(*given.error_code);
    if (out.error_code == errc::none)
      return fail(errc::invalid_option,
                  "--error-code: expected a code such as timeout, got \""
                    + *given.error_code + '"');
  }
  if (given.since) {
    auto moment = read_moment("--since", *given.since, now());
    if (!moment)
      return fail(moment.error());
    out.since = *moment;
  }
  if (given.until) {
    auto moment = read_moment("--until", *given.until, now());
    if (!moment)
      return fail(moment.error());
    out.until = *moment;
  }
  return out;
}

int refuse_usage(const error& err) {
  report(err);
  return exit_usage;
}

const std::vector<list_column>& execution_columns() {
  static const auto instance = std::vector<list_column>{
    {"id", "/id", false, true},
    {"status", "/status", false, true},
    {"executed at", "/executed_at", false, true},
    {"ms", "/duration_ms", true, true},
    {"error", "/error_code"},
    {"inputs", "/inputs"},
    {"outputs", "/outputs"},
  };
  return instance;
}

// Calls `verb(client, filter)` on a node that only reads, with the id of the
// program in the filter.
template <class Verb>
int with_filter(const invocation& call, const filter_arguments& given,
                Verb verb) {
  auto filter = to_filter(given);
  if (!filter)
    return refuse_usage(filter.error());
  return with_node(call, true, [&](runtime& node) {
    auto client = node.client();
    if (given.program) {
      auto program = client.get_program(*given.program);
      if (!program)
        return report(program.error());
      filter->program = program->id;
    }
    return verb(client, *filter);
  });
}

// -- list and tail ------------------------------------------------------------

struct execution_list_arguments {
  filter_arguments which;
  list_options page;
};

int list_executions(const invocation& call,
                    const execution_list_arguments& given) {
  return with_filter(
    call, given.which, [&](const client& where, const execution_filter& which) {
      return print_list(
        call, given.page, execution_columns(), [&](const page_request& part) {
          return to_json_page(where.list_executions(which, part));
        });
    });
}

struct tail_arguments {
  filter_arguments which;
  std::optional<uint64_t> limit;
};

int tail(const invocation& call, const tail_arguments& given) {
  return with_filter(call, given.which,
                     [&](const client& where, const execution_filter& which) {
                       return follow_executions(
                         call, where, which, execution_columns(), given.limit);
                     });
}

// -- single ones --------------------------------------------------------------

struct id_arguments {
  std::string id;
};

// Makes a verb that does `action(client, id)`.
template <class Action>
auto for_one(bool read_only, Action action) {
  return [=](const invocation& call, const id_arguments& given) {
    auto id = execution_id::parse(given.id);
    if (!id)
      return refuse_usage({errc::invalid_option,
                           "Not the id of an execution: \"" + given.id + '"'});
    return with_node(call, read_only, [&](runtime& node) {
      auto record = action(node.client(), *id);
      if (!record)
        return report(record.error());
      return print_object(call, to_json(*record));
    });
  };
}

result<execution_record> show(const client& where, execution_id id) {
  return where.get_execution(id);
}

result<execution_record> cancel(const client& where, execution_id id) {
  return where.cancel(id).and_then([&] { return where.get_execution(id); });
}

// -- prune --------------------------------------------------------------------

struct prune_arguments {
  std::string older_than;
  std::optional<std::string> program;
};

int prune(const invocation& call, const prune_arguments& given) {
  auto moment = read_moment("--older-than", given.older_than, now());
  if (!moment)
    return refuse_usage(moment.error());
  return with_node(call, false, [&](runtime& node) {
    auto program = std::optional<record_ref>{};
    if (given.program)
      program = *given.program;
    auto count = node.client().prune(*moment, program);
    if (!count)
      return report(count.error());
    auto out = json::object();
    out["pruned"] = *count;
    return print_object(call, out);
  });
}

// -- the command line ---------------------------------------------------------

void add_program_option(CLI::App& sub, std::optional<std::string>& program) {
  sub.add_option("--program", program, "Of this program")->type_name("ID|NAME");
}

void add_outcome_options(CLI::App& sub, filter_arguments& given,
                         const std::vector<std::string>& states) {
  auto known = std::string{};
  for (auto& x : states)
    known += (known.empty() ? "" : "|") + x;
  sub.add_option("--status", given.status, "In this state")
    ->type_name("STATUS")
    ->check(CLI::IsMember(states))
    ->option_text(known);
  sub.add_option("--error-code", given.error_code, "Failed with this code")
    ->type_name("CODE");
}

void add_list(CLI::App& group, verb& chosen) {
  auto [sub, given] = add_verb<execution_list_arguments>(
    group, chosen, "list", "List runs, newest first", list_executions);
  add_program_option(*sub, given->which.program);
  add_outcome_options(*sub, given->which,
                      {"pending", "running", "completed", "failed"});
  sub
    ->add_option("--since", given->which.since,
                 "Accepted at this moment or later, e.g. 2026-01-31T12:00:00Z "
                 "or 12h")
    ->type_name("TIME");
  sub->add_option("--until", given->which.until, "Accepted before this moment")
    ->type_name("TIME");
  add_list_options(*sub, given->page);
  sub->footer(
    "Examples:\n"
    "  dspex execution list --program support-triage --status failed "
    "--limit 5\n"
    "  dspex execution list --since 12h --all -f jsonl > today.jsonl");
}

void add_tail(CLI::App& group, verb& chosen) {
  auto [sub, given] = add_verb<tail_arguments>(
    group, chosen, "tail", "Print runs as they end, until Ctrl-C", tail);
  add_program_option(*sub, given->which.program);
  add_outcome_options(*sub, given->which, {"completed", "failed"});
  sub->add_option("--limit", given->limit, "End after this many")
    ->type_name("N")
    ->check(CLI::PositiveNumber)
    ->option_text("N");
  sub->footer("Examples:\n"
              "  dspex execution tail --program support-triage\n"
              "  dspex execution tail --status failed --limit 1 -f json");
}

void add_prune(CLI::App& group, verb& chosen) {
  auto [sub, given] = add_verb<prune_arguments>(
    group, chosen, "prune", "Drop old records; totals of programs stay", prune);
  sub
    ->add_option("--older-than", given->older_than,
                 "Accepted before this moment, e.g. 30d or "
                 "2026-01-31T12:00:00Z")
    ->type_name("TIME")
    ->required();
  add_program_option(*sub, given->program);
  sub->footer("Examples:\n"
              "  dspex execution prune --older-than 30d\n"
              "  dspex execution prune --older-than 2026-01-01T00:00:00Z "
              "--program support-triage");
}

template <class Action>
void add_one(CLI::App& group, verb& chosen, const char* name, const char* help,
             bool read_only, Action action) {
  auto [sub, given] = add_verb<id_arguments>(group, chosen, name, help,
                                             for_one(read_only, action));
  sub->add_option("id", given->id, "Id of the run")->required();
}

} // namespace

void add_execution(CLI::App& app, verb& chosen) {
  auto& group
    = add_group(app, "execution", "The records of single runs",
                "  dspex execution list --status failed --since 12h\n"
                "  dspex execution show 0197c1d2-4c1f-7f5e-8d43-9f0c6a5b1e20\n"
                "  dspex execution tail --program support-triage\n"
                "  dspex execution prune --older-than 30d");
  add_list(group, chosen);
  add_one(group, chosen, "show", "Show one run, whole", true, show);
  add_tail(group, chosen);
  add_one(group, chosen, "cancel", "End one that is not finished as failed",
          false, cancel);
  add_prune(group, chosen);
}

} // namespace dspex::cli
