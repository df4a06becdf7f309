#include "tools/list_verb.hpp"
#include "tools/verb.hpp"

namespace dspex::cli {

namespace {

struct list_words {
  list_options page;
  std::optional<std::string> program;
  std::optional<std::string> status;
  std::optional<std::string> error_code;
  std::optional<std::string> since;
  std::optional<std::string> until;
};

error no_such_value(const char* option, const std::string& value,
                    const char* expected) {
  return {errc::invalid_option, std::string{option} + ": expected " + expected
                                  + ", got \"" + value + '"'};
}

result<execution_filter> to_filter(const list_words& words) {
  auto out = execution_filter{};
  if (words.status)
    out.status = execution_status_from_string(*words.status);
  if (words.error_code) {
    out.error_code = errc_from_string(*words.error_code);
    if (out.error_code == errc::none)
      return fail(no_such_value("--error-code", *words.error_code,
                                "a code such as timeout"));
  }
  constexpr auto moment = "a moment such as 2026-01-31T12:00:00.000000Z";
  if (words.since) {
    out.since = timestamp_from_string(*words.since);
    if (!out.since)
      return fail(no_such_value("--since", *words.since, moment));
  }
  if (words.until) {
    out.until = timestamp_from_string(*words.until);
    if (!out.until)
      return fail(no_such_value("--until", *words.until, moment));
  }
  return out;
}

int list(const invocation& call, const list_words& words) {
  auto filter = to_filter(words);
  if (!filter) {
    report(filter.error());
    return exit_usage;
  }
  static const auto columns = std::vector<list_column>{
    {"id", "/id", false, true},
    {"status", "/status", false, true},
    {"executed at", "/executed_at", false, true},
    {"ms", "/duration_ms", true, true},
    {"error", "/error_code"},
    {"inputs", "/inputs"},
    {"outputs", "/outputs"},
  };
  return with_node(call, true, [&](runtime& node) {
    auto client = node.client();
    if (words.program) {
      auto program = client.get_program(*words.program);
      if (!program)
        return report(program.error());
      filter->program = program->id;
    }
    return print_list(
      call, words.page, columns, [&](const page_request& where) {
        return to_json_page(client.list_executions(*filter, where));
      });
  });
}

struct show_words {
  std::string id;
};

int show(const invocation& call, const show_words& words) {
  auto id = execution_id::parse(words.id);
  if (!id) {
    report({errc::invalid_option,
            "Not the id of an execution: \"" + words.id + '"'});
    return exit_usage;
  }
  return with_node(call, true, [&](runtime& node) {
    auto record = node.client().get_execution(*id);
    if (!record)
      return report(record.error());
    return print_object(call, to_json(*record));
  });
}

} // namespace

void add_execution(CLI::App& app, verb& chosen) {
  auto& group = add_group(app, "execution", "The records of single runs");
  {
    auto [sub, words] = add_verb<list_words>(group, chosen, "list",
                                             "List runs, newest first", list);
    sub->add_option("--program", words->program, "Of this program")
      ->type_name("ID|NAME");
    sub
      ->add_option("--status", words->status,
                   "pending, running, completed or failed")
      ->type_name("STATUS")
      ->check(CLI::IsMember({"pending", "running", "completed", "failed"}))
      ->option_text("STATUS");
    sub->add_option("--error-code", words->error_code, "Failed with this code")
      ->type_name("CODE");
    sub->add_option("--since", words->since, "Accepted at this moment or later")
      ->type_name("TIME");
    sub->add_option("--until", words->until, "Accepted before this moment")
      ->type_name("TIME");
    add_list_options(*sub, words->page);
    sub->footer("Example:\n  dspex execution list --program support-triage "
                "--status failed --limit 5");
  }
  {
    auto [sub, words] = add_verb<show_words>(group, chosen, "show",
                                             "Show one run, whole", show);
    sub->add_option("id", words->id, "Id of the run")->required();
  }
}

} // namespace dspex::cli
