#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "dspex/config.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::test {

namespace {

std::string read(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string source_folder() {
  auto folder = std::getenv("DSPEX_SOURCE_DIR");
  return folder == nullptr ? "." : folder;
}

/// Lines of the sample, from each key on upward: the comment that explains it.
struct explained_key {
  std::string line;
  std::string comment;
};

std::vector<explained_key> keys_of(const std::string& sample) {
  std::vector<explained_key> result;
  std::istringstream in{sample};
  std::string line;
  std::string comment;
  std::string section;
  while (std::getline(in, line)) {
    if (line.empty()) {
      comment.clear();
    } else if (line[0] == '[') {
      section = line.substr(1, line.size() - 2) + ".";
    } else if (line.rfind("# ", 0) == 0 || line == "#") {
      comment += line;
    } else {
      result.push_back({section + line.substr(1), comment});
      comment.clear();
    }
  }
  return result;
}

TEST(SampleConfiguration, TheFileInTheSourcesIsUpToDate) {
  EXPECT_EQ(read(source_folder() + "/config/dspex.toml"),
            sample_configuration());
}

TEST(SampleConfiguration, ShowsEveryKeyWithItsDefaultAndAComment) {
  auto loaded = load_configuration({});
  ASSERT_TRUE(loaded);
  auto keys = keys_of(read(source_folder() + "/config/dspex.toml"));
  ASSERT_EQ(keys.size(), loaded->origins.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    auto& x = loaded->origins[i];
    auto expected = x.key + " =";
    if (!x.value.is_null())
      expected += " " + dump_json(x.value);
    EXPECT_EQ(keys[i].line, expected);
    EXPECT_GT(keys[i].comment.size(), 30u) << x.key;
  }
}

TEST(SampleConfiguration, LoadsAsItIsAndUncommented) {
  temp_folder folder;
  auto sample = sample_configuration();
  auto commented = load_configuration({.file = folder.write("a", sample)});
  ASSERT_TRUE(commented) << to_string(commented.error());
  std::string text;
  std::istringstream in{sample};
  for (std::string line; std::getline(in, line);) {
    auto is_setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    if (!is_setting)
      text += line + "\n";
    else if (line.back() != '=')
      text += line.substr(1) + "\n";
  }
  auto loaded = load_configuration({.file = folder.write("b", text)});
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_TRUE(loaded->values == configuration{});
  size_t from_file = 0;
  for (auto& x : loaded->origins)
    from_file += x.origin != "default" ? 1 : 0;
  EXPECT_EQ(from_file, loaded->origins.size() - 3);
}

TEST(SampleConfiguration, FitsEightyColumns) {
  std::istringstream in{sample_configuration()};
  for (std::string line; std::getline(in, line);)
    EXPECT_LE(line.size(), 80u) << line;
}

} // namespace

} // namespace dspex::test
