#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dspex {

/// One message of a chat; several text parts are joined by line feeds.
struct sim_message {
  std::string role;
  std::string content;
};

/// A field as a prompt describes it; what the prompt does not say is empty.
struct sim_field {
  std::string name;
  /// The Python type as rendered, e.g. `list[str]` or `Literal['a', 'b']`.
  std::string type;
  std::string description;
  /// The text after `Constraints:`.
  std::string constraints;
  /// The text after `# note: the value you produce`.
  std::string note;
};

/// The value of an input in the last user message.
struct sim_value {
  std::string name;
  std::string text;
};

/// The form in which a prompt wants its answer.
enum class sim_style {
  /// No structure that the reader knows.
  plain,
  /// `[[ ## name ## ]]` sections, as DSPy's ChatAdapter asks for.
  sections,
  /// One JSON object, as DSPy's JSONAdapter asks for.
  object,
};

/// The contents of a prompt in the format of DSPy 3.3.
struct sim_prompt {
  sim_style style = sim_style::plain;
  std::vector<sim_field> inputs;
  std::vector<sim_field> outputs;
  std::string instructions;
  /// The inputs in the order of the message. A plain prompt has the whole last
  /// user message as one input called `message`.
  std::vector<sim_value> values;
};

/// Reads a chat. Any bytes are fine: what is not understood is left out, and a
/// chat without described outputs is `plain`.
[[nodiscard]] sim_prompt
read_sim_prompt(const std::vector<sim_message>& messages);

} // namespace dspex
