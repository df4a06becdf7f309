#include "simulator/text.hpp"

#include <algorithm>
#include <map>

namespace dspex {

namespace {

uint64_t mix(uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u;
}

bool is_stop_word(std::string_view word) {
  static const sim_stems words{
    "a",     "about", "after",  "all",   "also",   "am",   "an",    "and",
    "any",   "are",   "as",     "at",    "be",     "been", "but",   "by",
    "can",   "could", "did",    "do",    "does",   "don",  "for",   "from",
    "get",   "had",   "has",    "have",  "he",     "her",  "hello", "hi",
    "his",   "how",   "i",      "if",    "in",     "into", "is",    "it",
    "its",   "just",  "me",     "my",    "no",     "not",  "of",    "on",
    "or",    "our",   "please", "she",   "should", "so",   "some",  "t",
    "than",  "that",  "the",    "their", "them",   "then", "there", "they",
    "this",  "to",    "us",     "was",   "we",     "were", "what",  "when",
    "where", "which", "who",    "why",   "will",   "with", "would", "you",
    "your",  "s",     "ve",     "ll",    "re",     "m",    "d"};
  return words.count(word) > 0;
}

bool ends_with(std::string_view word, std::string_view end) {
  return word.size() >= end.size()
         && word.substr(word.size() - end.size()) == end;
}

/// The text on one line: runs of white space become one space.
std::string on_one_line(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (auto c : sim_trim(text)) {
    if (!is_space(c))
      result += c;
    else if (result.back() != ' ')
      result += ' ';
  }
  return result;
}

} // namespace

sim_hash sim_hash::with(std::string_view text) const noexcept {
  auto hash = mix(state_ ^ 0xcbf29ce484222325u);
  for (auto c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return sim_hash{mix(hash ^ text.size())};
}

sim_hash sim_hash::with(uint64_t number) const noexcept {
  return sim_hash{mix(mix(state_) + number)};
}

uint64_t sim_hash::value() const noexcept {
  return mix(state_);
}

uint64_t sim_hash::below(uint64_t bound) const noexcept {
  return bound == 0 ? 0 : value() % bound;
}

double sim_hash::unit() const noexcept {
  return static_cast<double>(value() >> 11) * 0x1.0p-53;
}

std::vector<std::string> sim_words(std::string_view text) {
  std::vector<std::string> result;
  std::string word;
  for (auto c : text) {
    if (is_word(c)) {
      word += lower(c);
    } else if (!word.empty()) {
      result.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty())
    result.push_back(std::move(word));
  return result;
}

std::string sim_stem(std::string_view word) {
  auto size = word.size();
  std::string result{word};
  if (size >= 5 && ends_with(word, "ies"))
    return result.replace(size - 3, 3, "y");
  if (size >= 6 && ends_with(word, "ing"))
    result.resize(size - 3);
  else if (size >= 5 && (ends_with(word, "ed") || ends_with(word, "es")))
    result.resize(size - 2);
  else if (size >= 4 && word.back() == 's' && !ends_with(word, "ss"))
    result.resize(size - 1);
  if (result.size() >= 4 && result.back() == 'e')
    result.pop_back();
  if (result.size() >= 4 && result.back() == result[result.size() - 2])
    result.pop_back();
  return result;
}

sim_stems sim_stems_of(std::string_view text) {
  sim_stems result;
  for (auto& word : sim_words(text))
    if (!is_stop_word(word))
      result.insert(sim_stem(word));
  return result;
}

size_t sim_overlap(const sim_stems& wanted, const sim_stems& given) {
  return static_cast<size_t>(
    std::count_if(wanted.begin(), wanted.end(),
                  [&](auto& stem) { return given.count(stem) > 0; }));
}

std::vector<std::string> sim_key_words(std::string_view text, size_t limit) {
  struct entry {
    std::string word;
    size_t count;
    size_t position;
  };
  std::map<std::string, entry> found;
  for (auto& word : sim_words(text)) {
    if (is_stop_word(word) || word.size() < 3
        || (word.front() >= '0' && word.front() <= '9'))
      continue;
    auto [pos, added] = found.try_emplace(sim_stem(word),
                                          entry{word, 0, found.size()});
    ++pos->second.count;
  }
  std::vector<entry> entries;
  for (auto& [stem, e] : found)
    entries.push_back(std::move(e));
  std::sort(entries.begin(), entries.end(), [](auto& lhs, auto& rhs) {
    return lhs.count != rhs.count ? lhs.count > rhs.count
                                  : lhs.position < rhs.position;
  });
  std::vector<std::string> result;
  for (auto& e : entries)
    if (result.size() < limit)
      result.push_back(std::move(e.word));
  return result;
}

std::vector<std::string> sim_sentences(std::string_view text) {
  std::vector<std::string> result;
  auto add = [&result](std::string_view part) {
    auto sentence = on_one_line(part);
    if (!sentence.empty())
      result.push_back(std::move(sentence));
  };
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = text[i];
    auto last = i + 1 == text.size();
    auto ends = (c == '.' || c == '!' || c == '?')
                && (last || is_space(text[i + 1]));
    if (ends || c == '\n') {
      add(text.substr(begin, i + 1 - begin));
      begin = i + 1;
    }
  }
  add(text.substr(begin));
  return result;
}

std::string sim_shorten(std::string_view text, size_t limit) {
  auto line = on_one_line(text);
  if (sim_length(line) <= limit)
    return line;
  auto dots = limit >= 8 ? std::string_view{"..."} : std::string_view{};
  auto room = limit - dots.size();
  size_t bytes = 0;
  for (size_t count = 0; bytes < line.size(); ++bytes) {
    if (!is_continuation(line[bytes]) && count++ == room)
      break;
  }
  auto space = line.rfind(' ', bytes);
  if (space != std::string::npos && space >= bytes / 2 && bytes > 8)
    bytes = space;
  line.resize(bytes);
  while (!line.empty() && (line.back() == ' ' || line.back() == ','))
    line.pop_back();
  return line.append(dots);
}

size_t sim_length(std::string_view text) noexcept {
  return static_cast<size_t>(std::count_if(
    text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string_view sim_clip(std::string_view text, size_t bytes) noexcept {
  if (text.size() <= bytes)
    return text;
  while (bytes > 0 && is_continuation(text[bytes]))
    --bytes;
  return text.substr(0, bytes);
}

std::string_view sim_trim(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> sim_lines(std::string_view text) {
  std::vector<std::string_view> result;
  while (true) {
    auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r')
      line.remove_suffix(1);
    result.push_back(line);
    if (end == std::string_view::npos)
      return result;
    text.remove_prefix(end + 1);
  }
}

const sim_stems& sim_associated(std::string_view stem) {
  static const auto table = [] {
    constexpr std::pair<const char*, const char*> rows[] = {
      {"billing bill payment invoice finance",
       "invoice charge charged refund payment paid pay card billed billing "
       "subscription price vat receipt overcharged money bank euro dollar"},
      {"bug defect error incident technical",
       "crash error broken bug fails failing failed freeze exception wrong "
       "blank stuck hangs glitch 500 404 stack trace"},
      {"account login access",
       "login password account locked username email sign signin reset "
       "authentication 2fa profile"},
      {"shipping delivery logistics",
       "delivery deliver delivered parcel package shipping shipped shipment "
       "courier tracking arrived warehouse"},
      {"feature request suggestion idea",
       "feature wish like add support suggestion idea option nice"},
      {"urgent high critical",
       "down immediately asap outage urgent urgently production blocked "
       "critical emergency cannot nobody everyone losing deadline"},
      {"low", "whenever minor typo cosmetic hurry eventually nice curious "
              "someday wish"},
      {"medium normal", "slow sometimes soon week annoying twice"},
      {"positive good", "great good love excellent happy thanks thank "
                        "wonderful perfect amazing"},
      {"negative bad", "bad terrible awful hate angry disappointed "
                       "unacceptable worst poor broken"},
      {"question how", "how question wondering explain documentation guide"},
      {"security", "hacked breach phishing vulnerability stolen leak"},
    };
    std::map<std::string, sim_stems, std::less<>> result;
    for (auto& [subjects, words] : rows) {
      sim_stems stems;
      for (auto& word : sim_words(words))
        stems.insert(sim_stem(word));
      for (auto& subject : sim_words(subjects))
        result[sim_stem(subject)].insert(stems.begin(), stems.end());
    }
    return result;
  }();
  static const sim_stems none;
  auto pos = table.find(stem);
  return pos == table.end() ? none : pos->second;
}

} // namespace dspex
