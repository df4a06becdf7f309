#include "dspex/any_signature.hpp"

#include "signatures/canonical.hpp"
#include "signatures/hash.hpp"
#include "signatures/issue.hpp"
#include "signatures/printer.hpp"
#include "signatures/reader.hpp"
#include "signatures/side_validator.hpp"
#include "signatures/values/text.hpp"

namespace dspex {

using detail::field_lists;
using detail::pattern_pool;

/// The insides never move, since the validators refer to the fields and
/// patterns beside them.
struct any_signature::impl {
  impl(field_lists lists, pattern_pool pool, std::string purpose)
    : inputs(std::move(lists.inputs)),
      outputs(std::move(lists.outputs)),
      instructions(std::move(purpose)),
      patterns(std::move(pool)),
      input_validator(inputs, patterns),
      output_validator(outputs, patterns) {
    hash = detail::sha256_hex(
      dump_json({{"inputs", detail::print_fields(inputs)},
                 {"outputs", detail::print_fields(outputs)},
                 {"instructions", instructions}}));
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  std::vector<field> inputs;
  std::vector<field> outputs;
  std::string instructions;
  pattern_pool patterns;
  detail::side_validator input_validator;
  detail::side_validator output_validator;
  std::string hash;
};

namespace {

/// Returns an error if the parts of a signature have no canonical form that
/// can be read again.
std::optional<error> find_fault(const field_lists& fields,
                                const std::string& instructions) {
  if (detail::find_bad_text(instructions))
    return error{errc::invalid_signature,
                 "Invalid signature: the instructions must be UTF-8 without "
                 "U+0000"};
  auto text = detail::print_signature(fields.inputs, fields.outputs);
  if (text.size() > detail::max_text_size)
    return detail::to_error({0,
                             "a text of at most "
                               + std::to_string(detail::max_text_size)
                               + " bytes in canonical form",
                             std::to_string(text.size()) + " bytes"},
                            text);
  return std::nullopt;
}

} // namespace

any_signature::any_signature() {
  static const auto empty = std::make_shared<const impl>(
    field_lists{}, pattern_pool{}, std::string{});
  impl_ = empty;
}

any_signature::any_signature(std::shared_ptr<const impl> ptr)
  : impl_(std::move(ptr)) {
}

result<any_signature> any_signature::parse(std::string_view text,
                                           std::string instructions) {
  pattern_pool patterns;
  detail::reader reader{text, patterns};
  field_lists fields;
  if (!reader.read_signature(fields))
    return fail(detail::to_error(reader.why(), text));
  if (auto fault = find_fault(fields, instructions))
    return fail(std::move(*fault));
  return any_signature{std::make_shared<const impl>(
    std::move(fields), std::move(patterns), std::move(instructions))};
}

result<any_signature> any_signature::from_json(const json& inputs,
                                               const json& outputs,
                                               std::string instructions) {
  pattern_pool patterns;
  auto fields = detail::read_fields(inputs, outputs, patterns);
  if (!fields)
    return fail(std::move(fields.error()));
  if (auto fault = find_fault(*fields, instructions))
    return fail(std::move(*fault));
  return any_signature{std::make_shared<const impl>(
    std::move(*fields), std::move(patterns), std::move(instructions))};
}

const std::vector<field>& any_signature::inputs() const noexcept {
  return impl_->inputs;
}

const std::vector<field>& any_signature::outputs() const noexcept {
  return impl_->outputs;
}

const std::vector<field>& any_signature::fields(side s) const noexcept {
  return s == side::inputs ? impl_->inputs : impl_->outputs;
}

const std::string& any_signature::instructions() const noexcept {
  return impl_->instructions;
}

json any_signature::to_json(side s) const {
  return detail::print_fields(fields(s));
}

std::string any_signature::to_text() const {
  return detail::print_signature(impl_->inputs, impl_->outputs);
}

const std::string& any_signature::content_hash() const noexcept {
  return impl_->hash;
}

std::vector<problem> any_signature::validate(side s, json& values) const {
  std::vector<problem> result;
  if (s == side::inputs)
    impl_->input_validator.check("inputs", values, result);
  else
    impl_->output_validator.check("outputs", values, result);
  return result;
}

bool any_signature::fits(side s, const json& values) const {
  return s == side::inputs ? impl_->input_validator.fits(values)
                           : impl_->output_validator.fits(values);
}

json to_json(const problem& p) {
  return {{"pointer", p.pointer}, {"code", p.code}, {"message", p.message}};
}

} // namespace dspex
