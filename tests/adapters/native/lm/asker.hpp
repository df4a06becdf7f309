#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "adapters/native/lm/client.hpp"
#include "tests/adapters/http_server.hpp"
#include "tests/conformance/adapter_support.hpp"

namespace dspex::test {

inline constexpr auto secret = "sk-very-secret-key";

// A client for one server, with short pauses between retries.
struct asker {
  explicit asker(const std::string& base_url, lm_client_options options = {}) {
    auto x = lm_options{};
    x.model = "openai/test-model";
    x.base_url = base_url;
    x.api_key = secret;
    settings = std::make_shared<const lm_options>(x);
    options.retry.initial = std::chrono::milliseconds{5};
    client = std::make_unique<lm_client>(std::move(options));
  }

  uuid send(std::chrono::milliseconds time = patience) {
    auto key = uuid::make();
    client->send(
      {.key = key,
       .settings = settings,
       .messages = *parse_json(R"([{"role":"system","content":"be brief"},)"
                               R"({"role":"user","content":"who?"}])"),
       .response_format = {},
       .deadline = std::chrono::steady_clock::now() + time,
       .on_text = on_text},
      [to = replies](lm_reply x) { to->put(std::move(x)); });
    return key;
  }

  lm_reply ask(std::chrono::milliseconds time = patience) {
    auto before = replies->items().size();
    send(time);
    if (!replies->wait_for(before + 1))
      return {fail(errc::internal, "the client never answered")};
    return replies->items().back();
  }

  // Changes the settings of later requests.
  template <class F>
  void set(F change) {
    auto x = *settings;
    change(x);
    settings = std::make_shared<const lm_options>(std::move(x));
  }

  std::shared_ptr<const lm_options> settings;
  std::function<void(std::string_view)> on_text;
  std::unique_ptr<lm_client> client;
  std::shared_ptr<inbox<lm_reply>> replies
    = std::make_shared<inbox<lm_reply>>();
};

// The error of a reply, which must be one and must not hold the key.
inline error error_of(const lm_reply& reply) {
  if (reply.text) {
    ADD_FAILURE() << "unexpected answer: " << *reply.text;
    return {};
  }
  auto text = dump_json(to_json(reply.text.error())) + dump_json(reply.usage);
  EXPECT_EQ(text.find(secret), std::string::npos) << text;
  return reply.text.error();
}

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace dspex::test
