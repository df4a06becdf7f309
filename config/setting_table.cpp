#include "config/settings.hpp"

namespace dspex {

const std::vector<setting>& all_settings() {
  using c = configuration;
  static const std::vector<setting> table{
    {.key = "store.url",
     .member = +[](c& x) -> std::string& { return x.store.url; },
     .doc = "Where records live: memory:, sqlite:FILE or postgresql://...\n"
            "The environment variable DATABASE_URL sets it, too.\n",
     .environment_alias = "DATABASE_URL"},
    {.key = "store.pool_size",
     .member = +[](c& x) -> size_t& { return x.store.pool_size; },
     .doc = "Connections for reading, beside those that write.\n",
     .min = 1,
     .max = 1000},
    {.key = "store.timeout_ms",
     .member = +[](c& x) -> std::chrono::milliseconds& {
       return x.store.timeout;
     },
     .doc = "How long a statement, or waiting for a lock of another process,\n"
            "may take before it is store_unavailable.\n",
     .min = 1,
     .max = 3'600'000},
    {.key = "adapters.default",
     .member = +[](c& x) -> std::string& { return x.adapters.default_adapter; },
     .doc = "The adapter of programs that name none.\n"},
    {.key = "lm.model",
     .member = +[](c& x) -> std::string& { return x.lm.model; },
     .doc = "The language model of programs that do not choose their own:\n"
            "provider/name.\n"},
    {.key = "lm.base_url",
     .member = +[](c& x) -> std::string& { return x.lm.base_url; },
     .doc = "Root of an OpenAI-compatible API. sim: starts a simulated model\n"
            "that lives as long as the process. The environment variable\n"
            "OPENAI_BASE_URL sets it, too.\n",
     .environment_alias = "OPENAI_BASE_URL"},
    {.key = "lm.api_key",
     .member = +[](c& x) -> secret& { return x.lm.api_key; },
     .doc
     = "Sent to the model's server when set, never shown. The environment\n"
       "variable OPENAI_API_KEY is a better place for it than a file.\n",
     .environment_alias = "OPENAI_API_KEY"},
    {.key = "lm.temperature",
     .member = +[](c& x) -> std::optional<double>& { return x.lm.temperature; },
     .doc = "How freely the model chooses its words; left to the server when\n"
            "unset.\n",
     .min = 0,
     .max = 2},
    {.key = "lm.max_tokens",
     .member = +[](c& x) -> std::optional<size_t>& { return x.lm.max_tokens; },
     .doc = "Longest completion; left to the server when unset.\n",
     .min = 1,
     .max = 10'000'000},
    {.key = "lm.max_retries",
     .member = +[](c& x) -> size_t& { return x.lm.max_retries; },
     .doc = "How often a reply of 408, 429 or 5xx is tried again inside the\n"
            "deadline of the run.\n",
     .min = 0,
     .max = 10},
    {.key = "lm.max_concurrency",
     .member = +[](c& x) -> size_t& { return x.lm.max_concurrency; },
     .doc = "Requests to one server at a time, of all programs; 0 is no "
            "limit.\n",
     .min = 0,
     .max = 1'000'000},
    {.key = "lm.requests_per_minute",
     .member = +[](c& x) -> size_t& { return x.lm.requests_per_minute; },
     .doc = "Requests to one server a minute, evenly spread; 0 is no limit.\n",
     .min = 0,
     .max = 1'000'000'000},
    {.key = "lm.tokens_per_minute",
     .member = +[](c& x) -> size_t& { return x.lm.tokens_per_minute; },
     .doc = "Tokens of prompts and completions a minute, of one server,\n"
            "evenly spread; 0 is no limit.\n",
     .min = 0,
     .max = 1'000'000'000},
    {.key = "lm.breaker_failures",
     .member = +[](c& x) -> size_t& { return x.lm.breaker_failures; },
     .doc = "After so many failures in a row (408, 5xx, no connection) a\n"
            "server is left alone for a while; 0 never does so.\n",
     .min = 0,
     .max = 1'000'000},
    {.key = "lm.breaker_pause_ms",
     .member = +[](c& x) -> std::chrono::milliseconds& {
       return x.lm.breaker_pause;
     },
     .doc = "How long it is left alone before one request tries it again.\n",
     .min = 1,
     .max = 3'600'000},
    {.key = "lm.hedge_after_ms",
     .member = +[](c& x) -> std::chrono::milliseconds& {
       return x.lm.hedge_after;
     },
     .doc = "A request without answer after this time is sent a second time;\n"
            "the first good answer counts. 0 sends none.\n",
     .min = 0,
     .max = 3'600'000},
    {.key = "lm.proxy_url",
     .member = +[](c& x) -> std::string& { return x.lm.proxy_url; },
     .doc = "environment: what http_proxy, https_proxy and no_proxy say;\n"
            "none; or the URL of a proxy.\n"},
    {.key = "lm.ca_file",
     .member = +[](c& x) -> std::string& { return x.lm.ca_file; },
     .doc = "system, or a file of PEM certificates to trust instead.\n"},
    {.key = "lm.cache",
     .member = +[](c& x) -> std::string& { return x.lm.cache; },
     .doc = "Where answers are kept for equal requests: off, memory:, or\n"
            "sqlite:FILE, which keeps them beyond the process.\n"},
    {.key = "lm.cache_max_bytes",
     .member = +[](c& x) -> size_t& { return x.lm.cache_max_bytes; },
     .doc = "Size of the answers in memory, and of those in the file.\n",
     .min = 1000,
     .max = 1'000'000'000'000},
    {.key = "lm.cache_max_age_s",
     .member = +[](c& x) -> size_t& { return x.lm.cache_max_age_s; },
     .doc = "Answers older than this, in seconds, are asked for again.\n",
     .min = 1,
     .max = 1'000'000'000},
    {.key = "mock.seed",
     .member = +[](c& x) -> size_t& { return x.mock.seed; },
     .doc = "Same seed, signature and inputs: same outputs.\n",
     .min = 0,
     .max = INT64_MAX},
    {.key = "mock.latency_ms",
     .member = +[](c& x) -> std::chrono::milliseconds& {
       return x.mock.latency;
     },
     .doc = "How long each answer of the mock adapter takes.\n",
     .min = 0,
     .max = 3'600'000},
    {.key = "mock.error_rate",
     .member = +[](c& x) -> double& { return x.mock.error_rate; },
     .doc = "Share of runs of the mock adapter that fail.\n",
     .min = 0,
     .max = 1},
    {.key = "python_port.python",
     .member = +[](c& x) -> std::string& { return x.python_port.python; },
     .doc
     = "The interpreter, which needs the package dspy. Empty: the virtual\n"
       "environment that scripts/setup makes if there is one, else python3.\n",
     .may_be_empty = true},
    {.key = "python_port.path",
     .member = +[](c& x) -> std::string& { return x.python_port.path; },
     .doc = "Folders with Python modules of your own, separated by colons.\n",
     .may_be_empty = true},
    {.key = "python_port.allowed_modules",
     .member = +[](c& x) -> std::string& {
       return x.python_port.allowed_modules;
     },
     .doc
     = "Python modules that programs may name, with all that is inside\n"
       "them, separated by commas. Whoever may write a program may run any\n"
       "code in them.\n",
     .may_be_empty = true},
    {.key = "python_port.environment",
     .member = +[](c& x) -> std::string& { return x.python_port.environment; },
     .doc = "Names of environment variables that the Python processes get,\n"
            "separated by commas: the keys of other providers, say.\n",
     .may_be_empty = true},
    {.key = "python_port.workers",
     .member = +[](c& x) -> size_t& { return x.python_port.workers; },
     .doc = "Python processes; 0 is one per core. They start when a program\n"
            "needs one.\n",
     .min = 0,
     .max = 1024},
    {.key = "python_port.threads",
     .member = +[](c& x) -> size_t& { return x.python_port.threads; },
     .doc = "Runs at the same time in one process.\n",
     .min = 1,
     .max = 1000},
    {.key = "python_port.max_queue",
     .member = +[](c& x) -> size_t& { return x.python_port.max_queue; },
     .doc = "Runs that may wait for a thread before more are overloaded.\n",
     .min = 0,
     .max = 1'000'000},
    {.key = "python_port.memory_limit_mb",
     .member = +[](c& x) -> size_t& { return x.python_port.memory_limit_mb; },
     .doc = "Limit of a process's address space; 0 is none.\n",
     .min = 0,
     .max = 1'000'000},
    {.key = "python_port.recycle_runs",
     .member = +[](c& x) -> size_t& { return x.python_port.recycle_runs; },
     .doc = "A process is replaced after so many runs; 0 is never.\n",
     .min = 0,
     .max = 1'000'000'000},
    {.key = "python_port.recycle_minutes",
     .member = +[](c& x) -> size_t& { return x.python_port.recycle_minutes; },
     .doc = "A process is replaced after so long a time; 0 is never.\n",
     .min = 0,
     .max = 1'000'000},
    {.key = "python_port.recycle_memory_mb",
     .member = +[](c& x) -> size_t& { return x.python_port.recycle_memory_mb; },
     .doc = "A process is replaced when it uses so much memory; 0 is never.\n",
     .min = 0,
     .max = 1'000'000},
    {.key = "python_port.start_timeout_ms",
     .member = +[](c& x) -> std::chrono::milliseconds& {
       return x.python_port.start_timeout;
     },
     .doc = "How long a process may take to import DSPy.\n",
     .min = 1,
     .max = 3'600'000},
    {.key = "python_port.grace_ms",
     .member = +[](c& x) -> std::chrono::milliseconds& {
       return x.python_port.grace;
     },
     .doc = "How long a run may go on that was cancelled or is too late. Then\n"
            "its process is killed, with what else it runs.\n",
     .min = 1,
     .max = 3'600'000},
    {.key = "limits.max_document_bytes",
     .member = +[](c& x) -> size_t& { return x.limits.max_document_bytes; },
     .doc
     = "Largest JSON document: inputs, outputs, configuration, or one line\n"
       "of input. A larger one is invalid_input.\n",
     .min = 1000,
     .max = 1'000'000'000},
    {.key = "limits.program_idle_ms",
     .member = +[](c& x) -> std::chrono::milliseconds& {
       return x.limits.program_idle;
     },
     .doc = "A program that nobody has used for this long leaves memory; the\n"
            "next request wakes it from the store.\n",
     .min = 1,
     .max = 86'400'000},
    {.key = "tracker.backlog",
     .member = +[](c& x) -> size_t& { return x.tracker.backlog; },
     .doc = "Executions that may wait for the store before new ones are\n"
            "overloaded.\n",
     .min = 1,
     .max = 100'000'000},
    {.key = "tracker.batch_rows",
     .member = +[](c& x) -> size_t& { return x.tracker.batch_rows; },
     .doc = "Largest batch of executions, one transaction.\n",
     .min = 1,
     .max = 100'000},
    {.key = "tracker.live_after_ms",
     .member = +[](c& x) -> std::chrono::milliseconds& {
       return x.tracker.live_after;
     },
     .doc = "An execution that lasts longer is in the store while it runs.\n",
     .min = 0,
     .max = 3'600'000},
    {.key = "retention.max_age_days",
     .member = +[](c& x) -> size_t& { return x.retention.max_age_days; },
     .doc = "Finished executions older than this are dropped, the totals of\n"
            "their programs stay; 0 keeps them for ever.\n",
     .min = 0,
     .max = 36'500},
    {.key = "scheduler.policy",
     .member = +[](c& x) -> std::string& { return x.scheduler.policy; },
     .doc
     = "sharing: lower latency. stealing: more throughput under full load.\n",
     .choices = {"sharing", "stealing"}},
    {.key = "scheduler.threads",
     .member = +[](c& x) -> size_t& { return x.scheduler.threads; },
     .doc = "Threads that run actors; 0 is one per core.\n",
     .min = 0,
     .max = 1024},
    {.key = "scheduler.max_throughput",
     .member = +[](c& x) -> size_t& { return x.scheduler.max_throughput; },
     .doc = "Messages that one actor handles before the next gets its turn.\n",
     .min = 1,
     .max = 1'000'000},
    {.key = "log.level",
     .member = +[](c& x) -> std::string& { return x.log.level; },
     .doc = "What goes to stderr.\n",
     .choices = {"trace", "debug", "info", "warn", "error", "off"}},
    {.key = "log.format",
     .member = +[](c& x) -> std::string& { return x.log.format; },
     .doc = "text for people, json for those who collect logs: one object a\n"
            "line with time, level, logger, message and more.\n",
     .choices = {"text", "json"}},
  };
  return table;
}

} // namespace dspex
