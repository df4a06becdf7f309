#include "simulator/choice.hpp"

#include <algorithm>
#include <string>

namespace dspex {

namespace {

std::string text_of(const json& choice) {
  auto text = choice.is_string() ? choice.get<std::string>()
                                 : dump_json(choice);
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

/// Whether a longer word of the inputs starts with the stem or is its start.
bool shares_a_start(const std::string& stem, const sim_stems& given) {
  constexpr size_t least = 5;
  if (stem.size() < least)
    return false;
  auto from = given.lower_bound(stem.substr(0, least));
  for (auto pos = from; pos != given.end(); ++pos) {
    if (pos->compare(0, least, stem, 0, least) != 0)
      return false;
    auto size = std::min(pos->size(), stem.size());
    if (pos->compare(0, size, stem, 0, size) == 0)
      return true;
  }
  return false;
}

/// A word of the choice itself weighs three words of its subject.
size_t score(const json& choice, const sim_stems& given) {
  size_t result = 0;
  for (auto& stem : sim_stems_of(text_of(choice))) {
    if (given.count(stem) > 0 || shares_a_start(stem, given))
      result += 3;
    result += sim_overlap(sim_associated(stem), given);
  }
  return result;
}

bool is_neutral(const json& choice) {
  auto text = sim_stems_of(text_of(choice));
  for (auto word :
       {"other", "general", "misc", "unknown", "neutral", "normal", "medium"})
    if (text.size() == 1 && text.count(sim_stem(word)) > 0)
      return true;
  return false;
}

} // namespace

json choose_sim_choice(const std::vector<json>& choices, std::string_view field,
                       const sim_inputs& inputs, sim_hash decide) {
  const json* best = nullptr;
  size_t most = 0;
  for (auto& choice : choices) {
    auto points = score(choice, inputs.stems());
    if (points > most) {
      best = &choice;
      most = points;
    }
  }
  if (best != nullptr)
    return *best;
  auto neutral = std::find_if(choices.begin(), choices.end(), is_neutral);
  if (neutral != choices.end())
    return *neutral;
  if (choices.empty())
    return nullptr;
  return choices[decide.with(field).below(choices.size())];
}

std::vector<json> matching_sim_choices(const std::vector<json>& choices,
                                       const sim_inputs& inputs) {
  std::vector<json> result;
  for (auto& choice : choices)
    if (score(choice, inputs.stems()) > 0)
      result.push_back(choice);
  return result;
}

} // namespace dspex
