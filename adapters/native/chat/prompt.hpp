#pragma once

#include <string>

#include "adapters/native/chat/prompt_signature.hpp"
#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// How a prompt asks for the outputs: DSPy's adapters.
enum class prompt_adapter {
  /// `ChatAdapter`: each output under a header.
  chat,
  /// `JSONAdapter`: all outputs in one JSON object.
  json_object,
};

/// The messages that DSPy 3.3.1 sends for a signature, byte for byte.
///
/// The parts that do not change from call to call are rendered once. Immutable;
/// const access is thread safe.
class prompt {
public:
  /// Makes a prompt without fields, which is only good for being assigned to.
  prompt() = default;

  /// @param demos an array of objects; those without an input and an output are
  ///        dropped, incomplete ones come first.
  /// @returns `invalid_input` for demos with values that DSPy cannot print: a
  ///          list for a text field that holds something else than texts.
  [[nodiscard]] static result<prompt> make(prompt_signature sig,
                                           prompt_adapter adapter,
                                           const json& demos = json::array());

  [[nodiscard]] const prompt_signature& signature() const noexcept {
    return signature_;
  }

  [[nodiscard]] prompt_adapter adapter() const noexcept {
    return adapter_;
  }

  /// The messages of one request: an array of `{"role", "content"}`, where the
  /// content is text, or blocks if there are images. Inputs that are not there
  /// are left out.
  /// @returns `invalid_input` as above.
  [[nodiscard]] result<json> messages(const json& inputs) const;

private:
  prompt_signature signature_;
  prompt_adapter adapter_ = prompt_adapter::chat;
  // The inputs without the conversation before this request.
  std::vector<prompt_field> asked_;
  std::string history_;
  std::string requirements_;
  json start_;
};

/// The inputs that are there, under their headers.
/// @returns `invalid_input` as `prompt::make`.
[[nodiscard]] result<std::string>
format_inputs(const std::vector<prompt_field>& fields, const json& values);

} // namespace dspex
