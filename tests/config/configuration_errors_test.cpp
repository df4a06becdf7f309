#include <string>

#include <gtest/gtest.h>

#include "dspex/config.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::test {

namespace {

/// The error of a file with this text; `FILE` stands for its name.
error refused_file(std::string_view text) {
  temp_folder folder;
  auto file = folder.write("bad.toml", text);
  auto loaded = load_configuration({.file = file});
  if (loaded) {
    ADD_FAILURE() << "accepted: " << text;
    return {};
  }
  auto err = loaded.error();
  for (auto i = err.message.find(file); i != std::string::npos;
       i = err.message.find(file))
    err.message.replace(i, file.size(), "FILE");
  return err;
}

std::string refused(const configuration_sources& sources) {
  auto loaded = load_configuration(sources);
  if (loaded) {
    ADD_FAILURE() << "accepted";
    return {};
  }
  return loaded.error().message;
}

std::string refused_setting(const std::string& text) {
  configuration_sources sources;
  sources.settings = {text};
  return refused(sources);
}

TEST(ConfigurationErrors, ReportEverythingAtOnce) {
  temp_folder folder;
  configuration_sources sources;
  auto file = folder.write("bad.toml", R"([store]
pol_size = 3
  timeout_ms = "soon"
pool_size = 1001
[scheduler]
policy = "fair"
)");
  sources.file = file;
  sources.environment = {{"DSPEX_STORE__URI", "x"},
                         {"DSPEX_TRACKER__BACKLOG", "many"}};
  sources.settings = {"log.level=loud", "nothing"};
  auto loaded = load_configuration(sources);
  ASSERT_FALSE(loaded);
  auto& err = loaded.error();
  EXPECT_EQ(err.code, errc::invalid_option);
  EXPECT_EQ(
    err.message,
    file + ":2:1: store.pol_size: unknown key; did you mean store.pool_size?\n"
      + file
      + ":3:3: store.timeout_ms: must be an integer from 1 to 3600000, got "
        "\"soon\"\n"
      + file
      + ":4:1: store.pool_size: must be an integer from 1 to 1000, got 1001\n"
      + file
      + ":6:1: scheduler.policy: must be one of sharing, stealing, got "
        "\"fair\"\n"
        "environment DSPEX_STORE__URI: unknown variable; did you mean "
        "DSPEX_STORE__URL?\n"
        "environment DSPEX_TRACKER__BACKLOG: tracker.backlog: must be an "
        "integer from 1 to 100000000, got \"many\"\n"
        "command line: log.level: must be one of trace, debug, info, warn, "
        "error, off, got \"loud\"\n"
        "command line: a setting must be section.key=value");
  auto& problems = err.details["problems"];
  ASSERT_EQ(problems.size(), 8u);
  EXPECT_EQ(problems[0],
            (json{{"file", file},
                  {"line", 2},
                  {"column", 1},
                  {"key", "store.pol_size"},
                  {"message", "unknown key; did you mean store.pool_size?"}}));
  EXPECT_EQ(problems[6]["file"], json("command line"));
  EXPECT_EQ(problems[6]["line"], json(nullptr));
  EXPECT_EQ(problems[7]["key"], json(nullptr));
}

TEST(ConfigurationErrors, NameLineAndColumnOfASyntaxError) {
  auto err = refused_file("[store]\nurl = \"memory:\"\npool_size = = 3\n");
  EXPECT_EQ(err.code, errc::invalid_option);
  EXPECT_EQ(err.message.rfind("FILE:3:13: syntax error: ", 0), 0u)
    << err.message;
  EXPECT_EQ(err.details["problems"][0]["line"], json(3));
}

TEST(ConfigurationErrors, RefuseAKeyThatIsGivenTwice) {
  auto err = refused_file("[log]\nlevel = \"info\"\nlevel = \"warn\"\n");
  EXPECT_EQ(err.message.rfind("FILE:3:", 0), 0u) << err.message;
}

TEST(ConfigurationErrors, SuggestTheKeyThatWasMeant) {
  EXPECT_EQ(refused_setting("store.tiemout_ms=1"),
            "command line: store.tiemout_ms: unknown key; did you mean "
            "store.timeout_ms?");
  EXPECT_EQ(refused_setting("pool_size=1"),
            "command line: pool_size: unknown key; did you mean "
            "store.pool_size?");
  EXPECT_EQ(refused_setting("weather.wind=1"),
            "command line: weather.wind: unknown key");
}

TEST(ConfigurationErrors, RefuseUnknownSections) {
  EXPECT_EQ(refused_file("[stor]\nurl = \"memory:\"\n").message,
            "FILE:2:1: stor.url: unknown key; did you mean store.url?");
  EXPECT_EQ(refused_file("[stor]\n").message,
            "FILE:1:2: stor: unknown section; did you mean store?");
  EXPECT_EQ(refused_file("store = 5\n").message,
            "FILE:1:1: store: must be a section: [store]");
  EXPECT_EQ(refused_file("[[store]]\n").message,
            "FILE:1:3: store: must be a section: [store]");
  EXPECT_EQ(refused_file("level = \"info\"\n").message,
            "FILE:1:1: level: unknown key; did you mean log.level?");
}

TEST(ConfigurationErrors, RefuseAWrongType) {
  EXPECT_EQ(refused_file("[store]\nurl = 5\n").message,
            "FILE:2:1: store.url: must be text, not empty, got 5");
  EXPECT_EQ(refused_file("[store]\nurl = \"\"\n").message,
            "FILE:2:1: store.url: must be text, not empty, got \"\"");
  EXPECT_EQ(refused_file("[store]\npool_size = 3.0\n").message,
            "FILE:2:1: store.pool_size: must be an integer from 1 to 1000, got "
            "3.0");
  EXPECT_EQ(refused_file("[store]\npool_size = [1]\n").message,
            "FILE:2:1: store.pool_size: must be an integer from 1 to 1000, got "
            "[1]");
  EXPECT_EQ(refused_file("[store.pool_size]\na = 1\n").message,
            "FILE:1:8: store.pool_size: must be an integer from 1 to 1000, got "
            "{\"a\":1}");
  EXPECT_EQ(refused_file("[mock]\nerror_rate = true\n").message,
            "FILE:2:1: mock.error_rate: must be a number from 0 to 1, got "
            "true");
  EXPECT_EQ(refused_file("[log]\nlevel = 2026-01-01\n").message,
            "FILE:2:9: log.level: dates and times are not supported; put it in "
            "quotes");
}

TEST(ConfigurationErrors, RefuseWhatIsOutOfRange) {
  for (auto text :
       {"store.pool_size=0", "store.pool_size=-1",
        "store.pool_size=18446744073709551616", "store.pool_size= 5",
        "store.pool_size=5x", "store.pool_size=", "mock.error_rate=1.01",
        "mock.error_rate=-0.1", "mock.error_rate=nan",
        "mock.seed=9223372036854775808", "lm.temperature=2.5"})
    EXPECT_NE(refused_setting(text).find("must be "), std::string::npos)
      << text;
}

TEST(ConfigurationErrors, RefuseNumbersThatAreNotFinite) {
  EXPECT_EQ(refused_file("[mock]\nerror_rate = nan\n").message,
            "FILE:2:14: mock.error_rate: must be a finite number");
}

TEST(ConfigurationErrors, QuoteLongValuesInPart) {
  auto message = refused_setting("log.level=" + std::string(1000, 'x'));
  EXPECT_LT(message.size(), 200u);
  EXPECT_NE(message.find("xxx..."), std::string::npos) << message;
}

TEST(ConfigurationErrors, NameAFileThatCannotBeRead) {
  temp_folder folder;
  auto missing = (folder.path() / "missing.toml").string();
  EXPECT_EQ(refused({.file = missing}),
            missing + ": cannot be read: No such file or directory");
  EXPECT_EQ(refused({.file = folder.path()}),
            folder.path().string() + ": cannot be read: it is a directory");
}

TEST(ConfigurationErrors, RefuseAHugeFile) {
  temp_folder folder;
  auto file = folder.write("huge.toml", std::string(1'000'001, '\n'));
  EXPECT_EQ(refused({.file = file}),
            file + ": cannot be read: it is larger than 1000000 bytes");
}

} // namespace

} // namespace dspex::test
