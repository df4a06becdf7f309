#include "config/jsonl_reader.hpp"

#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/temp_folder.hpp"

namespace dspex::test {

namespace {

/// Renders each item as `NUMBER VALUE` or `NUMBER MESSAGE`.
std::vector<std::string> items(jsonl_reader& reader) {
  std::vector<std::string> result;
  while (auto line = reader.next())
    result.push_back(std::to_string(line->number) + " "
                     + (line->object ? dump_json(*line->object)
                                     : line->object.error().message));
  EXPECT_FALSE(reader.next());
  return result;
}

/// Reads a file with this text; its name in messages becomes `FILE`.
std::vector<std::string> items_of(std::string_view text,
                                  jsonl_options options = {}) {
  temp_folder folder;
  auto file = folder.write("in.jsonl", text);
  auto reader = jsonl_reader::open(file, options);
  if (!reader) {
    ADD_FAILURE() << to_string(reader.error());
    return {};
  }
  auto result = items(*reader);
  for (auto& x : result)
    if (auto i = x.find(file); i != std::string::npos)
      x.replace(i, file.size(), "FILE");
  return result;
}

using strings = std::vector<std::string>;

TEST(JsonlReader, ReadsOneObjectALine) {
  EXPECT_EQ(items_of("{\"a\":1}\n {\"b\": [2]} \n"),
            (strings{R"(1 {"a":1})", R"(2 {"b":[2]})"}));
}

TEST(JsonlReader, AnEmptyFileHasNoItems) {
  EXPECT_EQ(items_of(""), strings{});
  EXPECT_EQ(items_of("\n \n\r\n\t"), strings{});
}

TEST(JsonlReader, SkipsBlankLinesAndCountsThem) {
  EXPECT_EQ(items_of("\n  \t\n{\"a\":1}\n\r\n{\"b\":2}\n"),
            (strings{R"(3 {"a":1})", R"(5 {"b":2})"}));
}

TEST(JsonlReader, AcceptsCrLfAByteOrderMarkAndAMissingLastNewline) {
  EXPECT_EQ(items_of("\xEF\xBB\xBF{\"a\":1}\r\n{\"b\":2}\r\n{\"c\":3}"),
            (strings{R"(1 {"a":1})", R"(2 {"b":2})", R"(3 {"c":3})"}));
}

TEST(JsonlReader, ReportsABadLineAndReadsTheNext) {
  auto found = items_of("{\"a\":1}\n{\"a\": }\n{\"b\":2}\n");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0], R"(1 {"a":1})");
  EXPECT_EQ(found[1].rfind("2 FILE:2:7: ", 0), 0u) << found[1];
  EXPECT_EQ(found[2], R"(3 {"b":2})");
}

TEST(JsonlReader, AnErrorNamesFileLineAndColumnInItsDetails) {
  temp_folder folder;
  auto file = folder.write("in.jsonl", "\n[1\n");
  auto reader = jsonl_reader::open(file);
  ASSERT_TRUE(reader);
  auto line = reader->next();
  ASSERT_TRUE(line);
  EXPECT_EQ(line->number, 2u);
  ASSERT_FALSE(line->object);
  EXPECT_EQ(line->object.error().code, errc::invalid_input);
  EXPECT_EQ(line->object.error().details,
            (json{{"file", file}, {"line", 2}, {"column", 3}}));
}

TEST(JsonlReader, ALineIsAnObject) {
  EXPECT_EQ(items_of("[1]\n  5\n\"x\"\nnull\n"),
            (strings{"1 FILE:1:1: must be a JSON object, got array",
                     "2 FILE:2:3: must be a JSON object, got number",
                     "3 FILE:3:1: must be a JSON object, got string",
                     "4 FILE:4:1: must be a JSON object, got null"}));
}

TEST(JsonlReader, RefusesBadText) {
  auto found = items_of(std::string("{\"a\":\"\xFF\"}\n{\"a\":\"\0\"}\n", 20));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].rfind("1 FILE:1:7: ", 0), 0u) << found[0];
  EXPECT_EQ(found[1].rfind("2 FILE:2:7: ", 0), 0u) << found[1];
}

TEST(JsonlReader, ReportsALongLineAndReadsTheNext) {
  jsonl_options options;
  options.max_line_bytes = 7;
  EXPECT_EQ(
    items_of("{\"a\":1}\n{\"a\":12}\n{\"a\":2}\r\n{\"b\":34}\r\n", options),
    (strings{R"(1 {"a":1})",
             "2 FILE:2:1: longer than 7 bytes "
             "(limits.max_document_bytes)",
             R"(3 {"a":2})",
             "4 FILE:4:1: longer than 7 bytes "
             "(limits.max_document_bytes)"}));
}

TEST(JsonlReader, ReadsLinesThatAreLongerThanItsBuffer) {
  auto text = std::string(300'000, 'x');
  auto found = items_of("{\"a\":\"" + text + "\"}\n{\"b\":\"" + text + "\"}");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0], "1 {\"a\":\"" + text + "\"}");
  EXPECT_EQ(found[1], "2 {\"b\":\"" + text + "\"}");
}

/// Peak memory of this process in kB.
size_t peak_memory() {
  std::ifstream in{"/proc/self/status"};
  std::string word;
  size_t result = 0;
  while (in >> word)
    if (word == "VmHWM:")
      in >> result;
  return result;
}

TEST(JsonlReader, DoesNotLoadALineThatIsTooLong) {
  temp_folder folder;
  auto file = (folder.path() / "long.jsonl").string();
  {
    std::ofstream out{file};
    const std::string block(1'000'000, ' ');
    for (auto i = 0; i < 200; ++i)
      out << block;
    out << "\n{\"a\":1}\n";
  }
  auto reader = jsonl_reader::open(file);
  ASSERT_TRUE(reader);
  auto before = peak_memory();
  auto found = items(*reader);
  EXPECT_LT(peak_memory() - before, 60'000u);
  EXPECT_EQ(found, (strings{"1 " + file
                              + ":1:1: longer than 10000000 bytes "
                                "(limits.max_document_bytes)",
                            R"(2 {"a":1})"}));
}

TEST(JsonlReader, NamesAFileThatCannotBeRead) {
  temp_folder folder;
  auto file = (folder.path() / "missing.jsonl").string();
  auto missing = jsonl_reader::open(file);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, errc::not_found);
  EXPECT_EQ(missing.error().message,
            file + ": cannot be read: No such file or directory");
  auto directory = jsonl_reader::open(folder.path().string());
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, errc::invalid_option);
  EXPECT_EQ(directory.error().message,
            folder.path().string() + ": cannot be read: Is a directory");
}

/// Lets standard input read from a pipe.
class JsonlReaderStdin : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_EQ(::pipe(pipe_), 0);
    saved_ = ::dup(STDIN_FILENO);
    ASSERT_GE(::dup2(pipe_[0], STDIN_FILENO), 0);
  }

  void TearDown() override {
    close_writer();
    ::close(pipe_[0]);
    if (saved_ >= 0) {
      ::dup2(saved_, STDIN_FILENO);
      ::close(saved_);
    }
  }

  void write(std::string_view text) {
    ASSERT_EQ(::write(pipe_[1], text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
  }

  void close_writer() {
    if (pipe_[1] >= 0)
      ::close(pipe_[1]);
    pipe_[1] = -1;
  }

private:
  int pipe_[2] = {-1, -1};
  int saved_ = -1;
};

TEST_F(JsonlReaderStdin, ADashIsStandardInput) {
  write("{\"a\":1}\n{");
  close_writer();
  auto reader = jsonl_reader::open("-");
  ASSERT_TRUE(reader);
  auto found = items(*reader);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0], R"(1 {"a":1})");
  EXPECT_EQ(found[1].rfind("2 stdin:2:2: ", 0), 0u) << found[1];
}

TEST_F(JsonlReaderStdin, ALineIsThereBeforeTheNextIsWritten) {
  auto reader = jsonl_reader::open("-");
  ASSERT_TRUE(reader);
  write("{\"a\":1}\n");
  auto first = reader->next();
  ASSERT_TRUE(first);
  write("{\"b\":2}\n");
  auto second = reader->next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->number, 2u);
}

TEST_F(JsonlReaderStdin, EndsWhenAskedToStopWhileInputIsStillOpen) {
  int stop[2];
  ASSERT_EQ(::pipe(stop), 0);
  jsonl_options options;
  options.stop_fd = stop[0];
  auto reader = jsonl_reader::open("-", options);
  ASSERT_TRUE(reader);
  write("{\"a\":1}\n");
  EXPECT_TRUE(reader->next());
  ASSERT_EQ(::write(stop[1], "x", 1), 1);
  EXPECT_FALSE(reader->next());
  ::close(stop[0]);
  ::close(stop[1]);
}

} // namespace

} // namespace dspex::test
