#include "adapters/native/lm/cache.hpp"

#include <map>

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

const auto one_question = *parse_json(R"([{"role":"user","content":"hi"}])");

lm_options model() {
  auto result = lm_options{};
  result.model = "openai/m";
  result.base_url = "http://server/v1";
  result.api_key = "sk-secret-secret";
  return result;
}

std::string key_of(const lm_options& x, const json& format = nullptr) {
  return lm_cache_key(x, one_question, format);
}

// A file that may fail.
struct test_file : text_cache {
  result<std::optional<cached_text>> find(const std::string& key) override {
    if (fails)
      return fail(errc::store_unavailable, "disk on fire");
    auto i = texts.find(key);
    return i == texts.end() ? std::optional<cached_text>{}
                            : std::optional<cached_text>{i->second};
  }

  result<void> put(const std::vector<cached_text>& x) override {
    if (fails)
      return fail(errc::store_unavailable, "disk on fire");
    for (auto& y : x)
      texts.insert_or_assign(y.key, y);
    return {};
  }

  bool fails = false;
  std::map<std::string, cached_text> texts;
};

json answer(const std::string& text) {
  return json::object({{"text", text}});
}

TEST(LmCache, HasTheKeysOfDspy) {
  // This is the key of dspy 3.3.1 for this request.
  EXPECT_EQ(key_of(model()), "http://server/v1 123c818dc7041b25a1475fdd25bd76de"
                             "73aa8f884202959ba9d483f410471502");
  auto x = model();
  x.temperature = 0.5;
  x.stop = {"END"};
  x.extra["reasoning_effort"] = "low";
  x.rollout_id = 3;
  EXPECT_EQ(dspy_request_text(x, one_question, nullptr),
            R"({"_fn_identifier":"dspy.clients.lm.litellm_completion",)"
            R"("max_tokens":null,"messages":[{"content":"hi","role":"user"}],)"
            R"("model":"openai/m","reasoning_effort":"low","rollout_id":3,)"
            R"("stop":["END"],"temperature":0.5})");
}

TEST(LmCache, TellsRequestsApartByAllButSecrets) {
  auto other_key = model();
  other_key.api_key = "sk-another-secret";
  other_key.max_retries = 7;
  other_key.stream = true;
  EXPECT_EQ(key_of(other_key), key_of(model()));
  auto different = std::vector<lm_options>(7, model());
  different[0].base_url = "http://another/v1";
  different[1].temperature = 0;
  different[2].rollout_id = 1;
  different[3].n = 2;
  different[4].extra_body["a"] = 1;
  different[5].model = "openai/gpt-5";
  different[6].seed = 1;
  for (auto& x : different)
    EXPECT_NE(key_of(x), key_of(model()));
  EXPECT_NE(key_of(model(), json::object({{"type", "json_object"}})),
            key_of(model()));
}

TEST(LmCache, ForgetsTheAnswersUsedLongestAgo) {
  auto cache = lm_cache{{.max_bytes = 1000}};
  auto text = std::string(200, 'x');
  cache.put("a", answer(text));
  cache.put("b", answer(text));
  ASSERT_TRUE(cache.find("a"));
  cache.put("c", answer(text));
  EXPECT_EQ((*cache.find("a"))["text"], text);
  EXPECT_FALSE(cache.find("b"));
  EXPECT_TRUE(cache.find("c"));
  cache.put("d", answer(std::string(2000, 'x')));
  EXPECT_FALSE(cache.find("d"));
  EXPECT_TRUE(cache.find("c"));
}

TEST(LmCache, ForgetsOldAnswersInMemoryAndFile) {
  auto time = now();
  auto file = std::make_shared<test_file>();
  auto cache = lm_cache{{.max_age = std::chrono::seconds{60},
                         .file = file,
                         .clock = [&] { return time; }}};
  cache.put("a", answer("1"));
  cache.put_in_file("a", answer("1"));
  time += std::chrono::seconds{60};
  EXPECT_TRUE(cache.find("a"));
  EXPECT_TRUE(cache.find_in_file("a"));
  time += std::chrono::seconds{1};
  EXPECT_FALSE(cache.find("a"));
  EXPECT_FALSE(cache.find_in_file("a"));
}

TEST(LmCache, KeepsInMemoryWhatItFindsInTheFile) {
  auto file = std::make_shared<test_file>();
  lm_cache{{.file = file}}.put_in_file("a", answer("1"));
  auto cache = lm_cache{{.file = file}};
  EXPECT_FALSE(cache.find("a"));
  EXPECT_EQ((*cache.find_in_file("a"))["text"], "1");
  EXPECT_TRUE(cache.find("a"));
  file->texts["b"] = {"b", R"({"text":5})", now()};
  EXPECT_FALSE(cache.find_in_file("b"));
}

TEST(LmCache, TellsOnceOfAFileThatFails) {
  auto file = std::make_shared<test_file>();
  auto told = std::vector<std::string>{};
  auto cache = lm_cache{{.file = file, .on_file = [&](const error* x) {
                           told.push_back(x == nullptr ? "" : x->message);
                         }}};
  file->fails = true;
  cache.put_in_file("a", answer("1"));
  EXPECT_FALSE(cache.find_in_file("a"));
  file->fails = false;
  cache.put_in_file("a", answer("1"));
  EXPECT_TRUE(cache.find_in_file("a"));
  EXPECT_EQ(told, (std::vector<std::string>{"disk on fire", ""}));
}

} // namespace

} // namespace dspex::test
