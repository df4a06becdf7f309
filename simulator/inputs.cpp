#include "simulator/inputs.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iterator>

#include "dspex/json.hpp"

namespace dspex {

namespace {

constexpr size_t max_text = 128 * 1024;
constexpr size_t max_key_words = 8;

/// The text without the markers of the simulator.
std::string without_markers(std::string_view text) {
  std::string result;
  while (true) {
    auto begin = text.find("[[sim:");
    result += text.substr(0, begin);
    if (begin == std::string_view::npos)
      return result;
    auto end = text.find("]]", begin);
    if (end == std::string_view::npos)
      return result;
    text.remove_prefix(end + 2);
  }
}

/// The passages of a list, which a prompt shows as a JSON array or as lines
/// `[1] «text»` or «««text»»»; any other text is one passage.
std::vector<std::string> passages_of(const std::string& text) {
  std::vector<std::string> result;
  if (!text.empty() && text.front() == '[') {
    if (auto array = parse_json(text); array && array->is_array()) {
      for (auto& item : *array)
        result.push_back(item.is_string() ? item.get<std::string>()
                                          : dump_json(item));
      return result;
    }
  }
  constexpr std::string_view open = "\xc2\xab";
  constexpr std::string_view close = "\xc2\xbb";
  std::string_view rest = text;
  while (true) {
    auto begin = rest.find(open);
    if (begin == std::string_view::npos)
      break;
    auto end = rest.find(close, begin);
    auto passage = rest.substr(begin + 2, end - begin - 2);
    if (!sim_trim(passage).empty())
      result.emplace_back(passage);
    if (end == std::string_view::npos)
      break;
    rest.remove_prefix(end + 2);
  }
  if (result.empty())
    result.push_back(text);
  return result;
}

bool is_one_of(const std::string& name,
               std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool holds_context(const sim_field& field) {
  return field.type.substr(0, 4) == "list"
         || is_one_of(field.name,
                      {"context", "contexts", "passage", "passages", "document",
                       "documents", "text", "article", "evidence", "facts"});
}

bool asks(const sim_field& field, std::string_view text) {
  return is_one_of(field.name, {"question", "query", "q"})
         || (text.size() < 500 && !text.empty() && text.back() == '?');
}

std::vector<double> numbers_in(const std::string& text) {
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  auto joins = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'
           || c == '-' || c == '#' || c == ':' || c == '/' || c == '.';
  };
  std::vector<double> result;
  size_t i = 0;
  while (i < text.size() && result.size() < 64) {
    if (!is_digit(text[i])) {
      ++i;
      continue;
    }
    auto begin = i;
    std::string digits;
    while (i < text.size()) {
      auto inner = i + 1 < text.size() && is_digit(text[i + 1]);
      if (is_digit(text[i]) || (text[i] == '.' && inner))
        digits += text[i];
      else if (text[i] != ',' || !inner)
        break;
      ++i;
    }
    auto negative = begin > 0 && text[begin - 1] == '-'
                    && (begin == 1 || text[begin - 2] == ' ');
    auto alone_before = begin == 0 || negative || !joins(text[begin - 1]);
    auto alone_after = i == text.size() || !joins(text[i])
                       || (text[i] == '.'
                           && (i + 1 == text.size() || text[i + 1] == ' '
                               || text[i + 1] == '\n'));
    char* end = nullptr;
    auto value = std::strtod(digits.c_str(), &end);
    if (alone_before && alone_after && *end == '\0')
      result.push_back(negative ? -value : value);
  }
  return result;
}

} // namespace

sim_inputs::sim_inputs(const sim_prompt& prompt) {
  std::string everything;
  std::string questions;
  std::vector<sentence> context;
  size_t longest = 0;
  auto room = max_text;
  for (auto& [name, raw] : prompt.values) {
    auto text = without_markers(sim_clip(raw, room));
    room -= std::min(room, raw.size());
    names_.push_back(name);
    std::vector<sentence> sentences;
    for (auto& passage : passages_of(text))
      for (auto& line : sim_sentences(passage))
        sentences.push_back({line, sim_stems_of(line)});
    auto field = std::find_if(prompt.inputs.begin(), prompt.inputs.end(),
                              [&n = name](auto& f) { return f.name == n; });
    auto is_context = field != prompt.inputs.end() && holds_context(*field);
    if (is_context)
      context.insert(context.end(), sentences.begin(), sentences.end());
    else if (field != prompt.inputs.end() && asks(*field, text))
      questions.append(text).append("\n");
    if (!is_context && !arithmetic_)
      arithmetic_ = solve_sim_arithmetic(text);
    if (!sentences.empty() && text.size() > longest) {
      longest = text.size();
      lead_ = sentences.front().text;
    }
    std::move(sentences.begin(), sentences.end(),
              std::back_inserter(sentences_));
    everything.append(text).append("\n");
  }
  stems_ = sim_stems_of(everything);
  numbers_ = numbers_in(everything);
  key_words_ = sim_key_words(everything, max_key_words);
  if (!questions.empty() && !context.empty()) {
    auto wanted = sim_stems_of(questions);
    auto best = most_like(context, wanted);
    quote_ = best == nullptr ? context.front().text : best->text;
  }
}

const sim_inputs::sentence*
sim_inputs::most_like(const std::vector<sentence>& sentences,
                      const sim_stems& wanted) {
  const sentence* result = nullptr;
  size_t most = 0;
  for (auto& candidate : sentences) {
    auto overlap = sim_overlap(wanted, candidate.stems);
    if (overlap > most) {
      result = &candidate;
      most = overlap;
    }
  }
  return result;
}

const std::string& sim_inputs::relevant(const sim_stems& wanted) const {
  auto best = most_like(sentences_, wanted);
  return best == nullptr ? lead_ : best->text;
}

} // namespace dspex
