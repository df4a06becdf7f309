#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "dspex/json.hpp"

namespace dspex::test {

/// A wrong value and where in it the wrong is.
struct wrong_value {
  json value;
  /// JSON pointer into the value.
  std::string pointer;
};

/// A type as text in canonical form, and makers of values.
struct made_type {
  std::string text;
  std::function<json()> make_value;
  /// Makes a value that is wrong in one place.
  std::function<wrong_value()> make_wrong;
};

/// Makes random signatures of all types together with values, from a seed.
class maker {
public:
  explicit maker(uint32_t seed) : random_(seed) {
  }

  /// @param depth types that this one is in.
  made_type make_type(int depth);

  json make_text();

  size_t below(size_t n) {
    return std::uniform_int_distribution<size_t>{0, n - 1}(random_);
  }

  /// Quotes a text in the way of the canonical form.
  static std::string quote(const std::string& text, char quote);

private:
  made_type make_str();
  made_type make_int();
  made_type make_literal();
  made_type make_share();
  made_type make_embedding();
  made_type make_chain();
  made_type make_form();
  made_type make_history();
  made_type make_object();
  made_type make_list(int depth);
  made_type make_dict(int depth);
  made_type make_tuple(int depth);
  made_type make_union(int depth);
  json make_anything();

  std::mt19937 random_;
};

} // namespace dspex::test
