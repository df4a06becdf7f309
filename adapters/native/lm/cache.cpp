#include "adapters/native/lm/cache.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <openssl/evp.h>

namespace dspex {

namespace {

// What an entry takes beside its texts: nodes of the list and the index.
constexpr size_t entry_bytes = 200;

json sorted(const json& value) {
  if (value.is_array()) {
    auto result = json::array();
    for (auto& x : value)
      result.push_back(sorted(x));
    return result;
  }
  if (!value.is_object())
    return value;
  auto names = std::vector<std::string>{};
  for (auto& [name, x] : value.items())
    names.push_back(name);
  std::sort(names.begin(), names.end());
  auto result = json::object();
  for (auto& name : names)
    result[name] = sorted(value.at(name));
  return result;
}

std::string sha256(const std::string& text) {
  auto digest = std::array<unsigned char, EVP_MAX_MD_SIZE>{};
  auto size = 0U;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(),
             nullptr);
  constexpr auto digits = std::string_view{"0123456789abcdef"};
  auto result = std::string{};
  for (size_t i = 0; i < size; ++i) {
    result += digits[digest[i] >> 4];
    result += digits[digest[i] & 15];
  }
  return result;
}

size_t bytes_of(const cached_text& x) {
  return 2 * x.key.size() + x.text.size() + entry_bytes;
}

std::optional<json> read_answer(const std::string& text) {
  auto parsed = parse_json(text, {.max_bytes = text.size()});
  // The file may have been written by anybody.
  if (!parsed || !parsed->is_object() || !parsed->contains("text")
      || !(*parsed)["text"].is_string())
    return std::nullopt;
  return std::move(*parsed);
}

} // namespace

// -- keys ---------------------------------------------------------------------

std::string dspy_request_text(const lm_options& settings, const json& messages,
                              const json& response_format) {
  auto request = json::object();
  request["_fn_identifier"] = "dspy.clients.lm.litellm_completion";
  request["model"] = settings.model;
  request["messages"] = messages;
  request["temperature"] = nullptr;
  if (settings.temperature)
    request["temperature"] = *settings.temperature;
  auto limit = is_reasoning_model(settings.model) ? "max_completion_tokens"
                                                  : "max_tokens";
  request[limit] = nullptr;
  if (settings.max_tokens)
    request[limit] = *settings.max_tokens;
  if (settings.top_p)
    request["top_p"] = *settings.top_p;
  if (!settings.stop.empty())
    request["stop"] = settings.stop;
  if (settings.seed)
    request["seed"] = *settings.seed;
  if (settings.n > 1)
    request["n"] = settings.n;
  request.update(settings.extra);
  if (!response_format.is_null())
    request["response_format"] = response_format;
  if (!settings.extra_body.empty())
    request["extra_body"] = settings.extra_body;
  if (settings.rollout_id)
    request["rollout_id"] = *settings.rollout_id;
  return dump_json(sorted(request));
}

std::string lm_cache_key(const lm_options& settings, const json& messages,
                         const json& response_format) {
  return settings.base_url + ' '
         + sha256(dspy_request_text(settings, messages, response_format));
}

// -- lm_cache -----------------------------------------------------------------

lm_cache::lm_cache(lm_cache_options options) : options_(std::move(options)) {
}

bool lm_cache::is_old(timestamp written) const {
  return options_.clock() - written > options_.max_age;
}

std::optional<json> lm_cache::find(const std::string& key) {
  auto text = std::string{};
  {
    auto guard = std::lock_guard{mutex_};
    auto i = by_key_.find(key);
    if (i == by_key_.end())
      return std::nullopt;
    if (is_old(i->second->written)) {
      erase(i->second);
      return std::nullopt;
    }
    entries_.splice(entries_.begin(), entries_, i->second);
    text = i->second->text;
  }
  return read_answer(text);
}

std::optional<json> lm_cache::find_in_file(const std::string& key) {
  auto found = result<std::optional<cached_text>>{};
  {
    auto guard = std::lock_guard{file_mutex_};
    found = options_.file->find(key);
    tell(found ? nullptr : &found.error());
  }
  if (!found || !*found || is_old((*found)->written))
    return std::nullopt;
  auto answer = read_answer((*found)->text);
  if (answer)
    insert(std::move(**found));
  return answer;
}

void lm_cache::put(const std::string& key, const json& answer) {
  insert({key, dump_json(answer), options_.clock()});
}

void lm_cache::put_in_file(const std::string& key, const json& answer) {
  auto guard = std::lock_guard{file_mutex_};
  auto done = options_.file->put({{key, dump_json(answer), options_.clock()}});
  tell(done ? nullptr : &done.error());
}

void lm_cache::insert(cached_text entry) {
  auto size = bytes_of(entry);
  if (size > options_.max_bytes)
    return;
  auto guard = std::lock_guard{mutex_};
  if (auto i = by_key_.find(entry.key); i != by_key_.end())
    erase(i->second);
  entries_.push_front(std::move(entry));
  by_key_.emplace(entries_.front().key, entries_.begin());
  bytes_ += size;
  while (bytes_ > options_.max_bytes)
    erase(std::prev(entries_.end()));
}

void lm_cache::erase(entries::iterator i) {
  bytes_ -= bytes_of(*i);
  by_key_.erase(i->key);
  entries_.erase(i);
}

void lm_cache::tell(const error* problem) {
  if (!options_.on_file || (problem != nullptr) == file_fails_)
    return;
  file_fails_ = problem != nullptr;
  options_.on_file(problem);
}

} // namespace dspex
