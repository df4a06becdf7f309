#include "config/toml_nesting.hpp"

namespace dspex {

namespace {

class nesting_scanner {
public:
  explicit nesting_scanner(std::string_view text) : text_(text) {
  }

  std::optional<text_position> run() {
    while (index_ < text_.size()) {
      if (step() && (brackets_ > max_toml_nesting || dots_ > max_toml_nesting))
        return text_position{line_, index_ - line_start_};
    }
    return std::nullopt;
  }

private:
  /// Handles what starts here; returns whether something may have got deeper.
  bool step() {
    auto c = text_[index_];
    switch (c) {
      case '"':
      case '\'':
        skip_string(c);
        return false;
      case '#':
        while (index_ < text_.size() && text_[index_] != '\n')
          ++index_;
        return false;
      case '[':
      case '{':
        ++brackets_;
        dots_ = 0;
        break;
      case ']':
      case '}':
        if (brackets_ > 0)
          --brackets_;
        dots_ = 0;
        break;
      case '.':
        ++dots_;
        break;
      case '=':
      case ',':
        dots_ = 0;
        break;
      case '\n':
        dots_ = 0;
        next_line();
        break;
      default:
        break;
    }
    ++index_;
    return true;
  }

  void next_line() {
    ++line_;
    line_start_ = index_ + 1;
  }

  bool at_triple(char quote) const {
    return text_.substr(index_, 3) == std::string_view{triple(quote)};
  }

  static const char* triple(char quote) {
    return quote == '"' ? "\"\"\"" : "'''";
  }

  /// Only strings in triple quotes span lines; any other ends with its line,
  /// where the real reader gives up.
  void skip_string(char quote) {
    auto multiline = at_triple(quote);
    index_ += multiline ? 3 : 1;
    while (index_ < text_.size()) {
      auto c = text_[index_];
      if (c == '\n') {
        if (!multiline)
          return;
        next_line();
      } else if (c == '\\' && quote == '"' && index_ + 1 < text_.size()
                 && text_[index_ + 1] != '\n') {
        ++index_;
      } else if (c == quote && !multiline) {
        ++index_;
        return;
      } else if (c == quote && at_triple(quote)) {
        index_ += 3;
        // Up to two quotes before the end may belong to the text.
        while (index_ < text_.size() && text_[index_] == quote)
          ++index_;
        return;
      }
      ++index_;
    }
  }

  std::string_view text_;
  size_t index_ = 0;
  size_t line_ = 1;
  size_t line_start_ = 0;
  size_t brackets_ = 0;
  size_t dots_ = 0;
};

} // namespace

std::optional<text_position> find_deep_nesting(std::string_view text) {
  return nesting_scanner{text}.run();
}

} // namespace dspex
