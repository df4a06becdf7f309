#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// A text that must not be shown: an API key.
///
/// It converts to nothing and prints as `(hidden)` or `(not set)`. Code that
/// hands the text to a server has to say `reveal()`.
class secret {
public:
  secret() = default;

  /// Keeps `text` from being shown.
  explicit secret(std::string text) : text_(std::move(text)) {
  }

  /// Whether no secret was set.
  [[nodiscard]] bool empty() const noexcept {
    return text_.empty();
  }

  /// Returns the text itself, for the server that asks for it only.
  [[nodiscard]] const std::string& reveal() const noexcept {
    return text_;
  }

  friend bool operator==(const secret&, const secret&) = default;

private:
  std::string text_;
};

/// Prints `(hidden)` or `(not set)`.
std::ostream& operator<<(std::ostream& out, const secret& x);

// -- sections -----------------------------------------------------------------

/// `[store]` says where records live.
struct store_settings {
  /// The store: `memory:`, `sqlite:FILE` or `postgresql://...`. The default is
  /// a file in the working directory, which needs no server and survives the
  /// process.
  std::string url = "sqlite:dspex.db";
  /// Connections for reading, beside those that write. Ten keep two cores busy
  /// and stay far below the 100 connections a PostgreSQL server allows.
  size_t pool_size = 10;
  /// How long a statement, or waiting for a lock of another process, may take
  /// before the answer is `store_unavailable`. The default is longer than any
  /// healthy statement, and short enough for a caller to wait.
  std::chrono::milliseconds timeout{5000};

  friend bool operator==(const store_settings&, const store_settings&)
    = default;
};

/// `[adapters]` says how programs reach their models.
struct adapter_settings {
  /// The adapter of a program that names none. `native` needs nothing but a
  /// model endpoint.
  std::string default_adapter = "native";

  friend bool operator==(const adapter_settings&, const adapter_settings&)
    = default;
};

/// `[lm]` describes the language model of programs that do not choose their
/// own.
///
/// Large because each key of the section is a member.
struct lm_settings {
  /// Name of the model, in DSPy's form: a provider, a slash, the name that the
  /// provider knows.
  std::string model = "openai/gpt-4o-mini";
  /// Root of an OpenAI-compatible API. `sim:` starts a simulated model on a
  /// free loopback port that lives as long as the process.
  std::string base_url = "https://api.openai.com/v1";
  /// The key that is sent as bearer token when set. Prefer the environment
  /// variable `OPENAI_API_KEY` to a file.
  secret api_key;
  /// The temperature, 0..2; left to the server when unset.
  std::optional<double> temperature;
  /// Longest completion, in tokens; left to the server when unset.
  std::optional<size_t> max_tokens;
  /// How often a reply of 408, 429 or 5xx is tried again inside the deadline of
  /// the run. Two retries outlast a hiccup and do not multiply the load on a
  /// server that is down.
  size_t max_retries = 2;
  /// Requests to one server at a time; 0 is no limit. Programs have their own
  /// `max_concurrency`; this one is for a server that they share.
  size_t max_concurrency = 0;
  /// Requests to one server a minute, evenly spread; 0 is no limit.
  size_t requests_per_minute = 0;
  /// Tokens of prompts and completions that one server reads and writes in a
  /// minute, evenly spread; 0 is no limit.
  size_t tokens_per_minute = 0;
  /// After so many failures in a row (408, 5xx, no connection) a server is left
  /// alone for `breaker_pause`, then one request tries it; 0 never does so.
  /// Twenty failures are no hiccup.
  size_t breaker_failures = 20;
  /// How long a server is left alone: long enough for it to come back, short
  /// enough to notice that it did.
  std::chrono::milliseconds breaker_pause{5'000};
  /// A request without answer after this time is sent a second time, and the
  /// first good answer counts. The default 0 sends none: a second request costs
  /// the tokens again.
  std::chrono::milliseconds hedge_after{0};
  /// The proxy: `environment` (`http_proxy`, `https_proxy`, `no_proxy`; never
  /// for loopback), `none`, or a URL.
  std::string proxy_url = "environment";
  /// The certificates to trust: `system`, or a file in PEM.
  std::string ca_file = "system";
  /// Where answers are kept for equal requests: `off`, `memory:`, or
  /// `sqlite:FILE`, which keeps them beyond the process. The default is off: a
  /// caller that asks twice may want two answers.
  std::string cache = "off";
  /// The most bytes of answers in memory, and of those in the file.
  size_t cache_max_bytes = 100'000'000;
  /// The age, in seconds, beyond which an answer is asked for again: a week.
  size_t cache_max_age_s = 604'800;

  friend bool operator==(const lm_settings&, const lm_settings&) = default;
};

/// `[mock]` describes the deterministic adapter that calls no model.
struct mock_settings {
  /// The seed of the outputs: the same seed, signature and inputs give the same
  /// outputs.
  uint64_t seed = 0;
  /// How long each answer takes. The default is no time, so that tests are
  /// fast.
  std::chrono::milliseconds latency{0};
  /// The share of runs that fail with `backend_failed`, 0..1.
  double error_rate = 0;

  friend bool operator==(const mock_settings&, const mock_settings&) = default;
};

/// `[python_port]` describes DSPy itself, in processes of its own. None is
/// started before a program needs one.
struct python_port_settings {
  /// The interpreter, which needs the package `dspy`. An empty text stands for
  /// the virtual environment beside the worker's package if there is one, else
  /// for `python3`.
  std::string python;
  /// Folders with Python modules of one's own, separated by colons, as in
  /// `PYTHONPATH`.
  std::string path;
  /// Python modules that programs may name as their module or tools, each with
  /// all that is inside it; separated by commas. The default is none: otherwise
  /// a caller that may write a program could run anything.
  std::string allowed_modules;
  /// Names of environment variables that workers get, separated by commas, e.g.
  /// for the keys of other providers. A worker has only these of the node's
  /// variables, and those that every process needs (`PATH`, `HOME`, proxies,
  /// ...).
  std::string environment;
  /// The number of processes; 0 is one per core.
  size_t workers = 0;
  /// Runs at the same time in one process. A run mostly waits for a model; the
  /// rest of all runs of a process shares one core, however many threads there
  /// are.
  size_t threads = 8;
  /// Runs that may wait for a thread before more are `overloaded`.
  size_t max_queue = 1000;
  /// The limit of a process's address space; 0 is none. DSPy takes some 500 MB
  /// of it, most of which is never used.
  size_t memory_limit_mb = 0;
  /// @{
  /// After so many runs or minutes, or when it uses so much memory, a process
  /// is replaced as soon as a new one is ready. 0 is never.
  size_t recycle_runs = 0;
  size_t recycle_minutes = 0;
  size_t recycle_memory_mb = 0;
  /// @}
  /// How long a process may take to import DSPy. On a busy machine that takes
  /// ten seconds.
  std::chrono::milliseconds start_timeout{60'000};
  /// How long a run may go on that was cancelled or is too late. The run is
  /// asked to end; after this time its process is killed, and the other runs of
  /// that process are lost.
  std::chrono::milliseconds grace{5000};

  friend bool
  operator==(const python_port_settings&, const python_port_settings&)
    = default;
};

/// `[limits]` bounds what comes from outside.
struct limit_settings {
  /// The most bytes of one JSON document (inputs, outputs, configuration) or of
  /// one line of input. 10 MB is more than any prompt and far less than memory.
  size_t max_document_bytes = 10'000'000;
  /// How long a program keeps its actor when it is not used. Waking it again
  /// costs one read of the store. A minute spares that to callers that come
  /// back soon, and memory holds the programs of the last minute instead of
  /// all.
  std::chrono::milliseconds program_idle{60'000};

  friend bool operator==(const limit_settings&, const limit_settings&)
    = default;
};

/// `[tracker]` says how executions reach the store.
struct tracker_settings {
  /// Executions that may wait for the store before new ones are `overloaded`.
  /// The default rides out a store outage of seconds at full rate, and bounds
  /// memory.
  size_t backlog = 100'000;
  /// The most rows of one transaction. Batches of more than 500 to 1000 rows
  /// pay no more.
  size_t batch_rows = 1000;
  /// An execution that lasts longer is visible in the store while it runs; a
  /// shorter one costs a single row at its end.
  std::chrono::milliseconds live_after{1000};

  friend bool operator==(const tracker_settings&, const tracker_settings&)
    = default;
};

/// `[retention]` says what is dropped without a request.
struct retention_settings {
  /// Finished executions that were accepted longer ago than this many days are
  /// dropped; the totals of their programs stay. 0 keeps them for ever, which
  /// is the default: history is not lost unasked.
  size_t max_age_days = 0;

  friend bool operator==(const retention_settings&, const retention_settings&)
    = default;
};

/// `[scheduler]` describes the threads that run actors.
struct scheduler_settings {
  /// The policy: `sharing` has one queue, with lower latency and less CPU when
  /// idle; `stealing` has a queue per thread, with more throughput under full
  /// load.
  std::string policy = "sharing";
  /// The number of threads; 0 is one per core.
  size_t threads = 0;
  /// Messages that one actor handles before the next gets its turn. At 64,
  /// sharing keeps three quarters of the throughput of stealing and a third of
  /// its latency.
  size_t max_throughput = 64;

  friend bool operator==(const scheduler_settings&, const scheduler_settings&)
    = default;
};

/// `[log]` says what goes to stderr.
struct log_settings {
  /// The lowest level that is written: `trace`, `debug`, `info`, `warn`,
  /// `error` or `off`. A command that works has nothing to say beyond its
  /// results.
  std::string level = "warn";
  /// The form: `text` for people, or `json` for programs that collect logs.
  /// Each line of the latter is an object with `time` (UTC, ISO 8601), `level`,
  /// `logger`, `message` and what the event is about.
  std::string format = "text";

  friend bool operator==(const log_settings&, const log_settings&) = default;
};

/// Every option of a process, each with its default.
struct configuration {
  store_settings store;
  adapter_settings adapters;
  lm_settings lm;
  mock_settings mock;
  python_port_settings python_port;
  limit_settings limits;
  tracker_settings tracker;
  retention_settings retention;
  scheduler_settings scheduler;
  log_settings log;

  friend bool operator==(const configuration&, const configuration&) = default;
};

// -- reading ------------------------------------------------------------------

/// Names and values of environment variables.
using environment_variables = std::vector<std::pair<std::string, std::string>>;

/// Where options come from. Later members win over earlier ones, and all win
/// over the defaults.
struct configuration_sources {
  /// A TOML file, which must exist.
  std::optional<std::filesystem::path> file = {};
  /// `DATABASE_URL` (`store.url`), `OPENAI_API_KEY` and `OPENAI_BASE_URL` count
  /// unless empty; `DSPEX_SECTION__KEY` wins over them. Other variables with
  /// two underscores after `DSPEX_` are refused, the rest is ignored.
  environment_variables environment = {};
  /// Settings as `section.key=value`, as given on the command line; the last
  /// one wins.
  std::vector<std::string> settings = {};
  /// The store, as a last `store.url=...` in `settings` would set it.
  std::optional<std::string> store_url = {};
};

/// What an option is set to, and which source said so.
struct setting_origin {
  /// The option, as `section.key`.
  std::string key;
  /// The value as TOML would have it: text, integer or number; null when unset.
  /// A secret reads `set, hidden`, and the password in a URL `***`.
  json value;
  /// The source: `default`, `FILE:LINE`, `environment NAME` or `command line`.
  std::string origin;

  friend bool operator==(const setting_origin&, const setting_origin&)
    = default;
};

/// Every option with its value and where that came from.
struct loaded_configuration {
  configuration values;
  /// One origin for each key, in the order of the sections above.
  std::vector<setting_origin> origins;
};

/// Reads and checks every source.
///
/// @returns `invalid_option` with all problems: one line of the message for
///          each, and details `{"problems": [{"file", "line", "column", "key",
///          "message"}]}`. For a problem of the environment or the command line
///          `file` says which, and `line` and `column` are null. No problem
///          quotes a secret.
[[nodiscard]] result<loaded_configuration>
load_configuration(const configuration_sources& sources);

/// Copies the environment of this process. Not safe while another thread
/// changes it.
[[nodiscard]] environment_variables read_environment();

/// Returns the text of a TOML file with every key commented out at its default,
/// with what it means and what it accepts.
[[nodiscard]] std::string sample_configuration();

/// Returns `url` with the secrets in it, if any, replaced by `***`: the
/// password in `scheme://user:password@host`, for `http` and `https` the user
/// as well, and query parameters with a name that contains `key`, `pass`,
/// `token`, `secret` or the like.
[[nodiscard]] std::string mask_url(std::string_view url);

} // namespace dspex
