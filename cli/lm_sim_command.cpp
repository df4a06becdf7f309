#include <poll.h>

#include "cli/interrupt.hpp"
#include "cli/render.hpp"
#include "cli/verb.hpp"
#include "simulator/lm_sim.hpp"

namespace dspex::cli {

namespace {

constexpr auto default_port = uint16_t{8089};

struct lm_sim_arguments {
  lm_sim_options options;
  uint32_t latency_ms = 0;
  uint32_t jitter_ms = 0;
};

int lm_sim_verb(const invocation& call, const lm_sim_arguments& given) {
  auto options = given.options;
  options.latency = std::chrono::milliseconds{given.latency_ms};
  options.latency_jitter = std::chrono::milliseconds{given.jitter_ms};
  auto stop_fd = catch_interrupt();
  auto server = lm_sim::start(options);
  if (!server)
    return report(server.error());
  auto url = (*server)->base_url();
  auto is_table = call.format_or_table() == output_format::table;
  auto hello = json::object();
  hello["base_url"] = url;
  auto status
    = print_stdout(is_table ? "A simulated model answers at " + url
                                + "\nUse it with: OPENAI_BASE_URL=" + url
                                + " dspex run FILE.toml ...\nCtrl-C ends it.\n"
                            : dump_json(hello) + '\n');
  if (status != exit_ok)
    return status;
  auto ready = pollfd{stop_fd, POLLIN, 0};
  while (!interrupted())
    ::poll(&ready, 1, -1);
  (*server)->stop();
  auto served = (*server)->stats();
  auto bye = json::object();
  bye["requests"] = served.requests;
  bye["answered"] = served.answered;
  bye["refused"] = served.refused;
  bye["broken"] = served.broken;
  bye["prompt_tokens"] = served.prompt_tokens;
  bye["completion_tokens"] = served.completion_tokens;
  return print_stdout(is_table
                        ? std::to_string(served.requests) + " requests, "
                            + std::to_string(served.answered) + " answered\n"
                        : dump_json(bye) + '\n');
}

} // namespace

void add_lm_sim(CLI::App& app, verb& chosen) {
  auto [sub, given] = add_verb<lm_sim_arguments>(
    app, chosen, "lm-sim", "Serve a simulated OpenAI-compatible model",
    lm_sim_verb);
  auto& options = given->options;
  options.port = default_port;
  sub->add_option("--host", options.host, "Address to listen at (127.0.0.1)")
    ->type_name("ADDRESS");
  sub->add_option("--port", options.port, "Port; 0 takes a free one (8089)")
    ->type_name("N");
  sub->add_option("--seed", options.seed, "Decides what the prompts leave open")
    ->type_name("N");
  sub->add_option("--latency-ms", given->latency_ms, "Delay of every answer")
    ->type_name("N");
  sub->add_option("--jitter-ms", given->jitter_ms, "Up to this much more")
    ->type_name("N");
  sub
    ->add_option("--error-rate", options.error_rate,
                 "Share of prompts, 0 to 1, that get an error")
    ->type_name("X");
  sub
    ->add_option("--tokens-per-second", options.tokens_per_second,
                 "Speed of the model; 0 is no limit")
    ->type_name("X");
  sub
    ->add_option("--script", options.script_file,
                 "Lines {\"prompt_hash\", \"text\"}: replies to give")
    ->type_name("FILE");
  sub
    ->add_option("--transcript", options.transcript_file,
                 "Adds a line for each request; fit for --script")
    ->type_name("FILE");
  sub->footer("Example:\n  dspex lm-sim --latency-ms 200 --error-rate 0.01");
}

} // namespace dspex::cli
