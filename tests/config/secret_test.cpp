#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "dspex/config.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::test {

namespace {

json shown(const configuration_sources& sources, const std::string& key) {
  auto loaded = load_configuration(sources);
  if (!loaded)
    return to_string(loaded.error());
  for (auto& x : loaded->origins)
    if (x.key == key)
      return x.value;
  return "no such key";
}

TEST(Secret, IsNeverPrinted) {
  std::ostringstream out;
  out << secret{"sk-hidden"} << ' ' << secret{};
  EXPECT_EQ(out.str(), "(hidden) (not set)");
  EXPECT_EQ(testing::PrintToString(secret{"sk-hidden"}), "(hidden)");
}

TEST(Secret, IsMaskedAmongTheOrigins) {
  configuration_sources sources;
  EXPECT_EQ(shown(sources, "lm.api_key"), json(nullptr));
  sources.environment = {{"OPENAI_API_KEY", "sk-hidden"}};
  EXPECT_EQ(shown(sources, "lm.api_key"), json("set, hidden"));
}

TEST(Secret, PasswordsInUrlsAreMaskedAmongTheOrigins) {
  configuration_sources sources;
  sources.store_url = "postgresql://me:pw@host/db";
  EXPECT_EQ(shown(sources, "store.url"), json("postgresql://me:***@host/db"));
  EXPECT_EQ(load_configuration(sources)->values.store.url,
            "postgresql://me:pw@host/db");
}

TEST(Secret, IsNotQuotedByAnyComplaint) {
  temp_folder folder;
  for (auto text :
       {"[lm]\napi_key = 777\n", "[lm]\napi_key = sk-777\n",
        "[lm]\napi_key = 777777777777777777777777777777\n",
        "[lm]\napi_key = [\"777\"]\n", "[lm]\napi_key = \"777\n",
        "[lm]\nапи = 1\napi_key = 0x777x\n", "[lm]\napi_key = {a = \"777\"}\n",
        "[lm]\napi_kye = \"777\"\n", "api_key = \"777\"\n"}) {
    auto loaded = load_configuration({.file = folder.write("a.toml", text)});
    ASSERT_FALSE(loaded) << text;
    auto& err = loaded.error();
    EXPECT_EQ(err.message.find("777"), std::string::npos) << err.message;
    EXPECT_EQ(dump_json(err.details).find("777"), std::string::npos);
  }
  configuration_sources sources;
  sources.environment = {{"DSPEX_LM__APIKEY", "777"}};
  sources.settings = {"lm.apikey=777", "777"};
  auto loaded = load_configuration(sources);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().message.find("77"), std::string::npos)
    << loaded.error().message;
}

struct url_case {
  std::string url;
  std::string masked;
};

TEST(Secret, UrlsAreShownWithoutTheirPasswords) {
  for (auto& [url, masked] : {
         url_case{"sqlite:dspex.db", "sqlite:dspex.db"},
         {"memory:", "memory:"},
         {"", ""},
         {"https://api.openai.com/v1", "https://api.openai.com/v1"},
         {"http://localhost:8080/v1", "http://localhost:8080/v1"},
         {"postgresql://me:pw@host:5432/db",
          "postgresql://me:***@host:5432/db"},
         {"postgresql://me@host/db", "postgresql://me@host/db"},
         {"postgresql://me:p@ss@host/db", "postgresql://me:***@host/db"},
         {"postgresql://me:p/w@host/db", "postgresql://me:***@host/db"},
         {"postgresql://me:p?w@host/db", "postgresql://me:***@host/db"},
         {"postgresql://host/db?user=a&password=b&sslmode=c",
          "postgresql://host/db?user=a&password=***&sslmode=c"},
         {"https://host/v1?api_key=b", "https://host/v1?api_key=***"},
         {"https://host/v1?api_key", "https://host/v1?api_key"},
         {"https://host/v1?x=1&apiKey=b", "https://host/v1?x=1&apiKey=***"},
         {"https://host/v1?SIG=b&PassWd=c",
          "https://host/v1?SIG=***&PassWd=***"},
         {"https://me:pw@host/v1", "https://***@host/v1"},
         {"https://token@host/v1", "https://***@host/v1"},
         {"https://host/a@b", "https://host/a@b"},
         {"postgresql://host:5432/db?password=x@y",
          "postgresql://host:5432/db?password=***"},
       })
    EXPECT_EQ(mask_url(url), masked);
}

} // namespace

} // namespace dspex::test
