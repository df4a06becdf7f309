#include <chrono>
#include <unistd.h>
#include <utility>

#include "cli/assignments.hpp"
#include "cli/interrupt.hpp"
#include "cli/messages.hpp"
#include "cli/progress.hpp"
#include "cli/render.hpp"
#include "cli/run_loop.hpp"
#include "cli/run_program.hpp"
#include "cli/run_report.hpp"
#include "cli/text_sink.hpp"
#include "cli/verb.hpp"
#include "config/program_file.hpp"

namespace dspex::cli {

namespace {

using clock = std::chrono::steady_clock;

// So many failures are printed; further ones are in the results only.
constexpr auto most_failures_told = 10;

struct run_arguments {
  std::string program_file;
  std::optional<std::string> input;
  std::vector<std::string> sets;
  std::optional<std::string> output;
  std::optional<size_t> concurrency;
  std::optional<std::string> adapter;
};

// One `dspex run`, from its checked arguments to its exit status.
class batch {
public:
  batch(const invocation& call, const run_arguments& given,
        configuration config, program_file file, json overrides,
        text_sink results)
    : call_(call),
      words_(given),
      config_(std::move(config)),
      file_(std::move(file)),
      overrides_(std::move(overrides)),
      results_(std::move(results)),
      report_fd_(given.output ? STDOUT_FILENO : STDERR_FILENO),
      table_(columns_of(report_fd_)),
      progress_(given.input ? count_lines(given.input->c_str())
                            : std::optional{uint64_t{1}}) {
    auto by_default = given.output || is_terminal(STDOUT_FILENO)
                        ? output_format::table
                        : output_format::jsonl;
    format_ = call.format.value_or(by_default);
  }

  int run() {
    auto adapter = words_.adapter.value_or(
      file_.adapter.value_or(config_.adapters.default_adapter));
    auto options = runtime_options{};
    options.config = config_;
    auto node = runtime::start(std::move(options));
    if (!node)
      return report(node.error());
    if (config_.lm.base_url == "sim:" && adapter != "mock")
      print_notice("a simulated model answers at " + node->lm_base_url()
                   + ", not a real one");
    auto status = run_on(*node, adapter);
    node->shutdown();
    if (began_)
      print_stderr(summary_line(totals_, clock::now() - *began_));
    return status;
  }

private:
  int run_on(runtime& node, const std::string& adapter) {
    auto client = node.client();
    auto program = prepare_program(client, file_, adapter, print_notice);
    if (!program)
      return report(program.error());
    auto limits = parse_program_configuration(file_.configuration);
    if (!limits)
      return report(limits.error());
    auto loop = run_loop{client, program->record.id,
                         words_.concurrency.value_or(limits->max_concurrency),
                         catch_interrupt()};
    auto source = open_source(loop.stop_fd());
    if (!source)
      return report(source.error());
    began_ = clock::now();
    auto streams = run_streams{};
    streams.next_line = std::move(*source);
    streams.overrides = std::move(overrides_);
    streams.on_item = [this](const run_item& x) { return on_item(x); };
    streams.on_broken_line = [this](const error& x) { tell_failure(x); };
    streams.on_progress = [this](const run_totals& x) { progress_.update(x); };
    auto written = loop.run(std::move(streams));
    if (written)
      written = results_.close();
    progress_.clear();
    totals_ = loop.totals();
    if (!written)
      return report(written.error());
    auto status = loop.interrupted()    ? exit_interrupted
                  : totals_.failed == 0 ? exit_ok
                                        : exit_failed;
    auto reported = print_report(client, *program, status == exit_ok);
    return status == exit_ok ? reported : status;
  }

  result<std::function<std::optional<jsonl_line>()>>
  open_source(int stop_fd) const {
    if (!words_.input)
      return [left = 1]() mutable -> std::optional<jsonl_line> {
        if (left-- > 0)
          return jsonl_line{1, json::object()};
        return std::nullopt;
      };
    auto options = jsonl_options{};
    options.max_line_bytes = config_.limits.max_document_bytes;
    options.stop_fd = stop_fd;
    auto reader = jsonl_reader::open(*words_.input, options);
    if (!reader)
      return fail(reader.error());
    auto shared = std::make_shared<jsonl_reader>(std::move(*reader));
    return [shared] { return shared->next(); };
  }

  result<void> on_item(const run_item& item) {
    if (!item.outcome)
      tell_failure(item.outcome.error());
    else if (first_completed_.empty())
      first_completed_ = to_string(item.outcome->id);
    if (format_ == output_format::table)
      table_.add(item);
    return results_.write(dump_json(item.to_line()) + '\n');
  }

  void tell_failure(const error& err) {
    if (++failures_told_ > most_failures_told)
      return;
    progress_.clear();
    print_error(err);
    if (failures_told_ == most_failures_told)
      print_notice("more failures are only in the results");
  }

  // Prints what comes after the last record, unless results go to stdout.
  int print_report(const client& where, const prepared_program& program,
                   bool all_well) {
    if (format_ == output_format::jsonl)
      return exit_ok;
    auto statistics = where.get_program_statistics(program.record.id);
    if (!statistics)
      return report(statistics.error());
    auto text = std::string{};
    if (format_ == output_format::json) {
      auto object = json::object();
      object["program_id"] = to_string(program.record.id);
      object["records"] = totals_.records();
      object["succeeded"] = totals_.completed;
      object["failed"] = totals_.failed;
      object["statistics"] = to_json(*statistics);
      text = dump_json(object) + '\n';
    } else {
      text = table_.take() + statistics_text(program.record.name, *statistics);
      if (all_well && !first_completed_.empty()
          && config_.store.url != "memory:")
        text += next_commands(call_, program.reference, first_completed_)
                + '\n';
    }
    if (report_fd_ == STDOUT_FILENO)
      return print_stdout(text);
    print_stderr(text);
    return exit_ok;
  }

  const invocation& call_;
  const run_arguments& words_;
  configuration config_;
  program_file file_;
  json overrides_;
  text_sink results_;
  int report_fd_;
  output_format format_ = output_format::table;
  results_table table_;
  progress progress_;
  run_totals totals_;
  std::string first_completed_;
  int failures_told_ = 0;
  // It is unset until the first record may start.
  std::optional<clock::time_point> began_;
};

int run(const invocation& call, const run_arguments& given) {
  if (!given.input && given.sets.empty()) {
    report(
      {errc::invalid_option, "run needs --input FILE or --set FIELD=VALUE"});
    return exit_usage;
  }
  auto loaded = load(call);
  if (!loaded)
    return refuse_configuration(loaded.error());
  auto file = read_program_file(given.program_file);
  if (!file)
    return report(file.error());
  auto overrides = read_inputs(given.sets, file->parsed_signature);
  if (!overrides) {
    report(overrides.error());
    return exit_usage;
  }
  if (given.input && *given.input != "-"
      && ::access(given.input->c_str(), R_OK) != 0) {
    // The reader says best what is wrong with the file.
    auto reader = jsonl_reader::open(*given.input);
    if (!reader)
      return report(reader.error());
  }
  auto results = given.output ? text_sink::open_file(*given.output, given.input)
                              : text_sink::standard_output();
  if (!results)
    return report(results.error());
  return batch{call,
               given,
               std::move(loaded->values),
               std::move(*file),
               std::move(*overrides),
               std::move(*results)}
    .run();
}

} // namespace

void add_run(CLI::App& app, verb& chosen) {
  auto [sub, given] = add_verb<run_arguments>(
    app, chosen, "run", "Run a program over many records", run);
  sub->add_option("program", given->program_file, "Program file (TOML)")
    ->type_name("FILE.toml")
    ->required();
  sub
    ->add_option("--input", given->input,
                 "Records, one JSON object a line; - is standard input")
    ->type_name("FILE.jsonl");
  sub
    ->add_option("--set", given->sets,
                 "An input of every record; alone, of the only one")
    ->type_name("FIELD=VALUE")
    ->allow_extra_args(false);
  sub
    ->add_option("-o,--output", given->output,
                 "Results, one JSON object a line (standard output)")
    ->type_name("FILE.jsonl");
  sub
    ->add_option("--concurrency", given->concurrency,
                 "Runs at the same time (the program's max_concurrency)")
    ->type_name("N")
    ->check(CLI::Range(size_t{1}, size_t{100'000}))
    ->option_text("N");
  sub
    ->add_option("--adapter", given->adapter,
                 "native, python_port or mock, whatever the file says")
    ->type_name("NAME");
  sub->footer(
    "Examples:\n"
    "  dspex run program.toml --input questions.jsonl --output answers.jsonl\n"
    "  dspex run program.toml --set question='What is 7 * 6?'\n"
    "  cat questions.jsonl | dspex run program.toml --input - > "
    "answers.jsonl\n\n"
    "Ctrl-C cancels what runs and records it; a second one ends at once.");
}

} // namespace dspex::cli
