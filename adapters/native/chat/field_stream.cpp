#include "adapters/native/chat/field_stream.hpp"

#include <algorithm>
#include <utility>

#include "adapters/native/chat/header.hpp"
#include "adapters/native/python/text.hpp"

namespace dspex {

field_stream::field_stream(const prompt_signature& sig, callback tell)
  : sig_(sig), tell_(std::move(tell)) {
}

void field_stream::read(std::string_view piece) {
  has_read_ = has_read_ || !piece.empty();
  while (!piece.empty()) {
    auto c = decode_character(piece);
    auto character = piece.substr(0, c.length);
    piece.remove_prefix(c.length);
    auto is_rest = std::exchange(after_return_, c.code == '\r')
                   && c.code == '\n';
    if (is_rest)
      continue;
    if (is_python_line_end(c.code))
      end_line();
    else
      line_ += character;
  }
  if (!is_text_ && may_become_header(line_))
    return;
  add(line_);
  line_.clear();
  is_text_ = true;
}

void field_stream::finish(std::string_view reply) {
  if (!has_read_)
    read(reply);
  end_line();
}

void field_stream::end_line() {
  auto line = std::exchange(line_, {});
  auto header = is_text_ ? std::nullopt : read_header(python_strip(line));
  is_text_ = false;
  auto text = std::string_view{line};
  if (header) {
    begin_section(header->name);
    text = after_header(text, header->length);
  }
  add(text);
  add("\n");
}

void field_stream::begin_section(std::string_view name) {
  field_ = nullptr;
  has_begun_ = false;
  space_.clear();
  if (std::find(seen_.begin(), seen_.end(), name) != seen_.end())
    return;
  seen_.emplace_back(name);
  auto i = std::find_if(sig_.outputs.begin(), sig_.outputs.end(),
                        [&](auto& x) { return x.name == name; });
  if (i != sig_.outputs.end())
    field_ = &i->name;
}

void field_stream::add(std::string_view text) {
  if (field_ == nullptr)
    return;
  auto content = python_strip(text);
  if (content.empty()) {
    space_ += text;
    return;
  }
  auto begin = static_cast<size_t>(content.data() - text.data());
  auto end = begin + content.size();
  auto told = has_begun_ ? std::exchange(space_, {}) : std::string{};
  told += has_begun_ ? text.substr(0, end) : content;
  has_begun_ = true;
  space_ = text.substr(end);
  tell_(*field_, told);
}

} // namespace dspex
