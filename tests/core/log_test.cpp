#include "core/log.hpp"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "dspex/id.hpp"

namespace dspex::test {

namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

/// The logger of the process, with a place to read what it writes.
class LogTest : public testing::Test {
protected:
  LogTest() {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_st>(out_);
    others_ = std::exchange(log().sinks(), {sink});
  }

  ~LogTest() override {
    log().sinks() = others_;
    configure_log({});
  }

  std::vector<std::string> lines() const {
    auto result = std::vector<std::string>{};
    auto in = std::istringstream{out_.str()};
    for (auto line = std::string{}; std::getline(in, line);)
      result.push_back(line);
    return result;
  }

  /// The one line that was logged, as JSON.
  json object() const {
    auto all = lines();
    EXPECT_EQ(all.size(), 1u) << out_.str();
    auto value = parse_json(all.at(0));
    EXPECT_TRUE(value) << all.at(0);
    return value ? *value : json{};
  }

private:
  std::ostringstream out_;
  std::vector<spdlog::sink_ptr> others_;
};

TEST_F(LogTest, SaysWhenWhoAndWhatInJson) {
  configure_log({.level = "warn", .format = "json"});
  auto before = now();
  log().warn("it is {} o'clock", 12);
  auto after = now();
  auto x = object();
  EXPECT_EQ(x["level"], "warn");
  EXPECT_EQ(x["logger"], "dspex");
  EXPECT_EQ(x["message"], "it is 12 o'clock");
  auto text = x["time"].get<std::string>();
  EXPECT_THAT(text, MatchesRegex("[0-9-]+T[0-9:]+\\.[0-9]+Z"));
  auto time = timestamp_from_string(text);
  ASSERT_TRUE(time);
  EXPECT_LE(before, *time);
  EXPECT_LE(*time, after);
}

TEST_F(LogTest, KeepsTheFieldsOfAnEventApart) {
  configure_log({.level = "info", .format = "json"});
  log_event(log_level::error, "tracker", "the store is away",
            {{"executions", 3}, {"why", "locked"}});
  auto x = object();
  EXPECT_EQ(x["level"], "error");
  EXPECT_EQ(x["logger"], "dspex.tracker");
  EXPECT_EQ(x["message"], "the store is away");
  EXPECT_EQ(x["executions"], 3);
  EXPECT_EQ(x["why"], "locked");
}

TEST_F(LogTest, NamesAnActorOnce) {
  configure_log({.level = "info", .format = "json"});
  log_event(log_level::warn, "dspex.program", "boo");
  EXPECT_EQ(object()["logger"], "dspex.program");
}

TEST_F(LogTest, IsOneValidObjectALineWhateverTheMessage) {
  configure_log({.level = "info", .format = "json"});
  for (auto& text :
       {std::string{"\"quoted\" and \\ back"},
        std::string{"two\nlines\r\tand\x1b[31m colour"},
        std::string{"nul \0 in it", 11}, std::string{"bad \xff\xfe UTF-8 \xc3"},
        std::string{"\xE2\x82\xAC \xF0\x9F\x98\x80 {} {0}"}}) {
    log().warn("{}", text);
    log_event(log_level::warn, text, text, {{"field", text}});
  }
  auto all = lines();
  ASSERT_EQ(all.size(), 10u);
  // U+0000 is valid JSON, which our reader takes only from those who may.
  for (auto& line : all)
    EXPECT_TRUE(parse_json(line, {.replace_bad_text = true})) << line;
  EXPECT_EQ((*parse_json(all[3]))["field"], "two\nlines\r\tand\x1b[31m colour");
  EXPECT_EQ((*parse_json(all[6]))["message"],
            "bad \xEF\xBF\xBD\xEF\xBF\xBD UTF-8 \xEF\xBF\xBD");
  EXPECT_EQ((*parse_json(all[8]))["message"],
            "\xE2\x82\xAC \xF0\x9F\x98\x80 {} {0}");
}

TEST_F(LogTest, IsOneHarmlessLineAnEventAsText) {
  configure_log({.level = "info", .format = "text"});
  log().warn("two\nlines\x1b[31m");
  log_event(log_level::warn, "tracker", "away",
            {{"executions", 3}, {"why", "lo\ncked"}});
  auto all = lines();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_THAT(all[0], HasSubstr("[warning] two\\nlines\\x1b[31m"));
  EXPECT_THAT(all[1], HasSubstr("tracker: away executions=3 why=lo\\ncked"));
}

TEST_F(LogTest, LeavesOutWhatIsBelowItsLevel) {
  configure_log({.level = "error", .format = "json"});
  log().warn("no");
  log_event(log_level::warn, "tracker", "no");
  EXPECT_TRUE(lines().empty());
  configure_log({.level = "off", .format = "json"});
  log().critical("no");
  EXPECT_TRUE(lines().empty());
}

} // namespace

} // namespace dspex::test
