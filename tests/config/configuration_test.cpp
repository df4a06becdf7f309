#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "dspex/config.hpp"
#include "tests/support/temp_folder.hpp"

using namespace std::chrono_literals;

namespace dspex::test {

namespace {

setting_origin origin_of(const loaded_configuration& loaded,
                         const std::string& key) {
  for (auto& x : loaded.origins)
    if (x.key == key)
      return x;
  ADD_FAILURE() << "no origin for " << key;
  return {};
}

loaded_configuration load(const configuration_sources& sources) {
  auto loaded = load_configuration(sources);
  if (!loaded) {
    ADD_FAILURE() << to_string(loaded.error());
    return {};
  }
  return *loaded;
}

TEST(Configuration, HasTheDocumentedDefaults) {
  auto values = load({}).values;
  EXPECT_EQ(values.store.url, "sqlite:dspex.db");
  EXPECT_EQ(values.store.pool_size, 10u);
  EXPECT_EQ(values.store.timeout, 5s);
  EXPECT_EQ(values.adapters.default_adapter, "native");
  EXPECT_EQ(values.lm.model, "openai/gpt-4o-mini");
  EXPECT_EQ(values.lm.base_url, "https://api.openai.com/v1");
  EXPECT_TRUE(values.lm.api_key.empty());
  EXPECT_FALSE(values.lm.temperature);
  EXPECT_FALSE(values.lm.max_tokens);
  EXPECT_EQ(values.lm.max_retries, 2u);
  EXPECT_EQ(values.mock.latency, 0ms);
  EXPECT_EQ(values.limits.max_document_bytes, 10'000'000u);
  EXPECT_EQ(values.limits.program_idle, 1min);
  EXPECT_EQ(values.tracker.backlog, 100'000u);
  EXPECT_EQ(values.retention.max_age_days, 0u);
  EXPECT_EQ(values.tracker.batch_rows, 1000u);
  EXPECT_EQ(values.tracker.live_after, 1s);
  EXPECT_EQ(values.scheduler.policy, "sharing");
  EXPECT_EQ(values.scheduler.threads, 0u);
  EXPECT_EQ(values.scheduler.max_throughput, 64u);
  EXPECT_EQ(values.log.level, "warn");
}

TEST(Configuration, WithoutSourcesEveryOriginIsTheDefault) {
  auto loaded = load({});
  EXPECT_EQ(loaded.origins.size(), 48u);
  for (auto& x : loaded.origins)
    EXPECT_EQ(x.origin, "default") << x.key;
  EXPECT_EQ(origin_of(loaded, "store.pool_size").value, json(10));
  EXPECT_EQ(origin_of(loaded, "lm.temperature").value, json(nullptr));
}

TEST(Configuration, SetsEveryKeyFromAFile) {
  temp_folder folder;
  auto file = folder.write("all.toml", R"(
[store]
url = "memory:"
pool_size = 3
timeout_ms = 70
[adapters]
default = "mock"
[lm]
model = "openai/other"
base_url = "sim:"
api_key = "sk-file"
temperature = 1
max_tokens = 100
max_retries = 0
max_concurrency = 19
requests_per_minute = 20
tokens_per_minute = 21
breaker_failures = 22
breaker_pause_ms = 23
hedge_after_ms = 24
proxy_url = "none"
ca_file = "ca.pem"
cache = "memory:"
cache_max_bytes = 2500000
cache_max_age_s = 26
[mock]
seed = 9223372036854775807
latency_ms = 4
error_rate = 0.25
[python_port]
python = "python3.12"
path = "a:b"
allowed_modules = "mine"
environment = "KEY"
workers = 10
threads = 11
max_queue = 12
memory_limit_mb = 13
recycle_runs = 14
recycle_minutes = 15
recycle_memory_mb = 16
start_timeout_ms = 17
grace_ms = 18
[limits]
max_document_bytes = 2000
program_idle_ms = 5
[tracker]
backlog = 6
batch_rows = 7
live_after_ms = 8
[retention]
max_age_days = 30
[scheduler]
policy = "stealing"
threads = 2
max_throughput = 9
[log]
level = "debug"
format = "json"
)");
  auto loaded = load({.file = file});
  configuration expected;
  expected.store = {"memory:", 3, 70ms};
  expected.adapters = {"mock"};
  expected.lm = {"openai/other",
                 "sim:",
                 secret{"sk-file"},
                 1.0,
                 100,
                 0,
                 19,
                 20,
                 21,
                 22,
                 23ms,
                 24ms,
                 "none",
                 "ca.pem",
                 "memory:",
                 2'500'000,
                 26};
  expected.mock = {9223372036854775807u, 4ms, 0.25};
  expected.python_port = {"python3.12", "a:b", "mine", "KEY", 10,   11,  12,
                          13,           14,    15,     16,    17ms, 18ms};
  expected.limits = {2000, 5ms};
  expected.tracker = {6, 7, 8ms};
  expected.retention = {30};
  expected.scheduler = {"stealing", 2, 9};
  expected.log = {"debug", "json"};
  EXPECT_TRUE(loaded.values == expected);
  for (auto& x : loaded.origins)
    EXPECT_EQ(x.origin.rfind(file + ":", 0), 0u) << x.key << " " << x.origin;
}

TEST(Configuration, SetsEveryKeyFromTheEnvironment) {
  configuration_sources sources;
  auto defaults = load({});
  for (auto& x : defaults.origins) {
    std::string name = "DSPEX_";
    for (auto c : x.key) {
      if (c == '.')
        name += "__";
      else
        name += static_cast<char>(std::toupper(c));
    }
    auto value = x.value.is_string() ? x.value.get<std::string>()
                 : x.value.is_null() ? "1"
                                     : dump_json(x.value);
    sources.environment.emplace_back(name, value);
  }
  for (auto& x : load(sources).origins)
    EXPECT_EQ(x.origin.rfind("environment DSPEX_", 0), 0u) << x.key;
}

TEST(Configuration, AFileNamesTheLineThatSetAKey) {
  temp_folder folder;
  auto file = folder.write("a.toml", "[store]\n\npool_size = 3\n");
  auto loaded = load({.file = file});
  EXPECT_EQ(origin_of(loaded, "store.pool_size"),
            (setting_origin{"store.pool_size", json(3), file + ":3"}));
  EXPECT_EQ(origin_of(loaded, "store.url").origin, "default");
}

TEST(Configuration, ReadsAnEmptyFileAndDottedKeys) {
  temp_folder folder;
  EXPECT_TRUE(load({.file = folder.write("empty.toml", "")}).values
              == configuration{});
  auto dotted = folder.write("dotted.toml", "store.pool_size = 4\r\n");
  EXPECT_EQ(load({.file = dotted}).values.store.pool_size, 4u);
}

TEST(Configuration, TheEnvironmentWinsOverTheFile) {
  temp_folder folder;
  configuration_sources sources;
  sources.file = folder.write("a.toml", "[store]\npool_size = 3\n");
  sources.environment = {{"DSPEX_STORE__POOL_SIZE", "4"}};
  auto loaded = load(sources);
  EXPECT_EQ(loaded.values.store.pool_size, 4u);
  EXPECT_EQ(origin_of(loaded, "store.pool_size").origin,
            "environment DSPEX_STORE__POOL_SIZE");
}

TEST(Configuration, TheCommandLineWinsOverTheEnvironment) {
  configuration_sources sources;
  sources.environment = {{"DSPEX_STORE__POOL_SIZE", "4"}};
  sources.settings = {"store.pool_size=5", "store.pool_size=6"};
  auto loaded = load(sources);
  EXPECT_EQ(loaded.values.store.pool_size, 6u);
  EXPECT_EQ(origin_of(loaded, "store.pool_size").origin, "command line");
}

TEST(Configuration, TheStoreUrlOfTheCommandLineWinsOverAll) {
  configuration_sources sources;
  sources.environment = {{"DATABASE_URL", "sqlite:env.db"}};
  sources.settings = {"store.url=sqlite:setting.db"};
  sources.store_url = "sqlite:shortcut.db";
  EXPECT_EQ(load(sources).values.store.url, "sqlite:shortcut.db");
}

TEST(Configuration, AValueOnTheCommandLineMayHoldAnEqualsSign) {
  configuration_sources sources;
  sources.settings = {"store.url=postgresql://h/d?a=b"};
  EXPECT_EQ(load(sources).values.store.url, "postgresql://h/d?a=b");
}

TEST(Configuration, KnowsTheUsualVariablesOfTheEnvironment) {
  configuration_sources sources;
  sources.environment = {{"DATABASE_URL", "sqlite:env.db"},
                         {"OPENAI_API_KEY", "sk-1"},
                         {"OPENAI_BASE_URL", "http://localhost:1/v1"}};
  auto loaded = load(sources);
  EXPECT_EQ(loaded.values.store.url, "sqlite:env.db");
  EXPECT_EQ(loaded.values.lm.api_key.reveal(), "sk-1");
  EXPECT_EQ(loaded.values.lm.base_url, "http://localhost:1/v1");
  EXPECT_EQ(origin_of(loaded, "store.url").origin, "environment DATABASE_URL");
}

TEST(Configuration, OwnVariablesWinOverTheUsualOnesInAnyOrder) {
  configuration_sources sources;
  sources.environment = {{"DSPEX_STORE__URL", "sqlite:own.db"},
                         {"DATABASE_URL", "sqlite:usual.db"}};
  auto loaded = load(sources);
  EXPECT_EQ(loaded.values.store.url, "sqlite:own.db");
  EXPECT_EQ(origin_of(loaded, "store.url").origin,
            "environment DSPEX_STORE__URL");
}

TEST(Configuration, IgnoresForeignAndEmptyVariables) {
  configuration_sources sources;
  sources.environment = {{"DATABASE_URL", ""},
                         {"OPENAI_API_KEY", ""},
                         {"DSPEX_BINARY", "x"},
                         {"PATH", "/bin"},
                         {"XDSPEX_A__B", "1"}};
  EXPECT_TRUE(load(sources).values == configuration{});
}

TEST(Configuration, ReadsTheEnvironmentOfTheProcess) {
  ASSERT_EQ(::setenv("DSPEX_CONFIG_TEST", "a=b", 1), 0);
  auto found = false;
  for (auto& [name, value] : read_environment())
    found = found || (name == "DSPEX_CONFIG_TEST" && value == "a=b");
  EXPECT_TRUE(found);
}

} // namespace

} // namespace dspex::test
