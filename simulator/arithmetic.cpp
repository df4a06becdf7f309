#include "simulator/arithmetic.hpp"

#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "simulator/text.hpp"

namespace dspex {

namespace {

constexpr size_t max_expression = 2000;
constexpr size_t max_depth = 64;

struct token {
  enum class kind { number, sign, word, other };
  kind type;
  std::string text;
  double value = 0;

  bool is(std::string_view what) const {
    return type != token::kind::number && text == what;
  }
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

/// The signs that people and keyboards write for operators.
struct spelling {
  std::string_view written;
  std::string_view meant;
};

constexpr std::array spellings{spelling{"**", "^"},
                               spelling{"\xc3\x97", "*"},
                               spelling{"\xc2\xb7", "*"},
                               spelling{"\xc3\xb7", "/"},
                               spelling{"\xe2\x88\x92", "-"},
                               spelling{"+", "+"},
                               spelling{"-", "-"},
                               spelling{"*", "*"},
                               spelling{"/", "/"},
                               spelling{"^", "^"},
                               spelling{"(", "("},
                               spelling{")", ")"}};

std::vector<token> tokens_of(std::string_view text) {
  std::vector<token> result;
  size_t i = 0;
  while (i < text.size()) {
    auto c = text[i];
    auto begin = i;
    if (std::isspace(static_cast<unsigned char>(c))) {
      ++i;
      continue;
    }
    if (is_digit(c)
        || (c == '.' && i + 1 < text.size() && is_digit(text[i + 1]))) {
      while (i < text.size()
             && (is_digit(text[i])
                 || (text[i] == '.' && i + 1 < text.size()
                     && is_digit(text[i + 1]))))
        ++i;
      std::string digits{text.substr(begin, i - begin)};
      char* end = nullptr;
      auto value = std::strtod(digits.c_str(), &end);
      auto whole = *end == '\0';
      result.push_back(
        {whole ? token::kind::number : token::kind::other, digits, value});
      continue;
    }
    if (is_letter(c)) {
      std::string word;
      for (; i < text.size() && is_letter(text[i]); ++i)
        word += static_cast<char>(
          std::tolower(static_cast<unsigned char>(text[i])));
      result.push_back({token::kind::word, word});
      continue;
    }
    auto known = false;
    for (auto& [written, meant] : spellings) {
      if (text.substr(i, written.size()) == written) {
        result.push_back({token::kind::sign, std::string{meant}});
        i += written.size();
        known = true;
        break;
      }
    }
    if (!known) {
      result.push_back({token::kind::other, std::string(1, c)});
      ++i;
    }
  }
  return result;
}

/// Rewrites operators in words as signs; `x` is one only after an operand.
std::vector<token> with_signs(const std::vector<token>& tokens) {
  std::vector<token> result;
  for (size_t i = 0; i < tokens.size(); ++i) {
    auto& t = tokens[i];
    auto after_operand = !result.empty()
                         && (result.back().type == token::kind::number
                             || result.back().is(")"));
    auto by = i + 1 < tokens.size() && tokens[i + 1].is("by");
    const char* sign = nullptr;
    if (t.type != token::kind::word || !after_operand)
      sign = nullptr;
    else if (t.text == "plus")
      sign = "+";
    else if (t.text == "minus")
      sign = "-";
    else if (t.text == "times" || t.text == "x"
             || (t.text == "multiplied" && by))
      sign = "*";
    else if (t.text == "divided" && by)
      sign = "/";
    if (sign == nullptr) {
      result.push_back(t);
      continue;
    }
    result.push_back({token::kind::sign, sign});
    i += by ? 1 : 0;
  }
  return result;
}

/// Evaluates the longest expression that starts at a token.
class evaluator {
public:
  evaluator(const std::vector<token>& tokens, size_t position)
    : tokens_(tokens), position_(position) {
  }

  std::optional<double> run() {
    auto value = sum(0);
    return failed_ ? std::nullopt : std::optional{value};
  }

  size_t position() const {
    return position_;
  }

  size_t operations() const {
    return operations_;
  }

private:
  bool at(std::string_view sign) const {
    return position_ < tokens_.size() && tokens_[position_].is(sign)
           && tokens_[position_].type == token::kind::sign;
  }

  bool take(std::string_view sign) {
    if (!at(sign))
      return false;
    ++position_;
    return true;
  }

  bool operation(std::string_view sign) {
    auto result = take(sign);
    operations_ += result ? 1 : 0;
    return result;
  }

  double give_up() {
    failed_ = true;
    return 0;
  }

  double sum(size_t depth) {
    auto value = product(depth);
    while (!failed_) {
      if (operation("+"))
        value += product(depth);
      else if (operation("-"))
        value -= product(depth);
      else
        break;
    }
    return value;
  }

  double product(size_t depth) {
    auto value = power(depth);
    while (!failed_) {
      if (operation("*")) {
        value *= power(depth);
      } else if (operation("/")) {
        auto divisor = power(depth);
        value = divisor == 0 ? std::nan("") : value / divisor;
      } else {
        break;
      }
    }
    return value;
  }

  double power(size_t depth) {
    if (depth > max_depth)
      return give_up();
    if (take("-"))
      return -power(depth + 1);
    if (take("+"))
      return power(depth + 1);
    auto base = operand(depth);
    if (failed_ || !operation("^"))
      return base;
    return std::pow(base, power(depth + 1));
  }

  double operand(size_t depth) {
    if (take("(")) {
      auto value = sum(depth + 1);
      return take(")") ? value : give_up();
    }
    if (position_ >= tokens_.size()
        || tokens_[position_].type != token::kind::number)
      return give_up();
    return tokens_[position_++].value;
  }

  const std::vector<token>& tokens_;
  size_t position_;
  size_t operations_ = 0;
  bool failed_ = false;
};

/// Whether the words before `position` ask for what follows.
bool asked_before(const std::vector<token>& tokens, size_t position) {
  if (position == 0)
    return true;
  auto word = [&](size_t back) -> std::string_view {
    return position >= back
               && tokens[position - back].type != token::kind::number
             ? std::string_view{tokens[position - back].text}
             : std::string_view{};
  };
  auto last = word(1);
  for (auto cue : {"whats", "calculate", "compute", "evaluate", "solve"})
    if (last == cue)
      return true;
  if (last == "of")
    return word(2) == "result" || word(2) == "value";
  if (last == ":")
    return asked_before(tokens, position - 1) && position > 1;
  if (last == "is")
    return word(2) == "what" || word(2) == "much" || word(2) == "result";
  return last == "s" && word(3) == "what";
}

bool closes(const token& t) {
  return t.is("?") || t.is("=") || t.is(".") || t.is("!") || t.is(",")
         || t.is(";");
}

bool looks_like_a_date(std::string_view text) {
  size_t dashes = 0;
  size_t slashes = 0;
  for (auto c : text) {
    dashes += c == '-' ? 1 : 0;
    slashes += c == '/' ? 1 : 0;
    if (c != '-' && c != '/' && !is_digit(c))
      return false;
  }
  return dashes >= 2 || slashes >= 2;
}

} // namespace

std::optional<sim_number> solve_sim_arithmetic(std::string_view text) {
  text = sim_trim(text);
  if (text.size() > max_expression || looks_like_a_date(text))
    return std::nullopt;
  auto tokens = with_signs(tokens_of(text));
  for (size_t i = 0; i < tokens.size(); ++i) {
    auto& t = tokens[i];
    auto starts = t.type == token::kind::number
                  || (t.type == token::kind::sign && !t.is(")"));
    if (!starts || !asked_before(tokens, i))
      continue;
    evaluator e{tokens, i};
    auto value = e.run();
    if (!value || e.operations() == 0
        || (e.position() < tokens.size() && !closes(tokens[e.position()])))
      continue;
    return sim_number{std::isfinite(*value), *value};
  }
  return std::nullopt;
}

std::string print_sim_number(double value) {
  std::array<char, 64> buffer{};
  auto whole = value == std::floor(value) && std::fabs(value) < 1e15;
  std::snprintf(buffer.data(), buffer.size(), whole ? "%.0f" : "%.10g",
                whole && value == 0 ? 0.0 : value);
  return buffer.data();
}

} // namespace dspex
