#include "adapters/native/chat/output_stream.hpp"

#include <algorithm>
#include <utility>

#include "core/secrets.hpp"

namespace dspex {

output_stream::output_stream(const prompt& asked, std::string secret,
                             chunk_callback on_chunk, bool starts_over)
  : asked_(asked),
    secret_(std::move(secret)),
    on_chunk_(std::move(on_chunk)),
    starts_over_(starts_over),
    chat_(asked.signature(),
          [this](const std::string& field, std::string_view piece) {
            tell(field, std::string{piece});
          }),
    json_([this](const std::string& name, std::string_view piece) {
      take(name, piece);
    }) {
}

void output_stream::read(std::string_view piece) {
  if (asked_.adapter() == prompt_adapter::chat)
    chat_.read(piece);
  else
    json_.read(piece);
}

void output_stream::finish(std::string_view reply, const json& fields) {
  if (asked_.adapter() == prompt_adapter::chat)
    return chat_.finish(reply);
  auto is_right = [&](auto& x) {
    auto& value = fields.at(x.first);
    return value.is_string()
           && value.template get_ref<const std::string&>().starts_with(
             x.second.told);
  };
  if (!std::all_of(texts_.begin(), texts_.end(), is_right)) {
    texts_.clear();
    starts_over_ = true;
  }
  for (auto& [name, value] : fields.items()) {
    auto all = value.is_string() ? value.get<std::string>() : dump_json(value);
    tell(name, all.substr(texts_[name].told.size()));
  }
}

void output_stream::tell(const std::string& field, std::string piece) {
  if (piece.empty())
    return;
  has_told_ = true;
  on_chunk_({field, std::move(piece), std::exchange(starts_over_, false)});
}

// A secret that is spelt with escapes shows only in the text that was read.
void output_stream::take(const std::string& name, std::string_view piece) {
  auto& outputs = asked_.signature().outputs;
  if (std::none_of(outputs.begin(), outputs.end(),
                   [&](auto& x) { return x.name == name && x.is_text(); }))
    return;
  auto& x = texts_[name];
  x.held += piece;
  auto length = maskable_length(x.held, secret_);
  auto sure = mask_secret(x.held.substr(0, length), secret_);
  x.held.erase(0, length);
  x.told += sure;
  tell(name, std::move(sure));
}

} // namespace dspex
