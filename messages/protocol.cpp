#include "dspex/protocol.hpp"

#include <caf/deep_to_string.hpp>
#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>

namespace dspex {

void add_message_types(caf::actor_system_config& cfg) {
  cfg.add_message_types<caf::id_block::dspex>();
  cfg.add_error_category(error_category, [](uint8_t code, caf::atom_value,
                                            const caf::message& context) {
    auto result = std::string{"dspex::"};
    result += to_string(static_cast<errc>(code));
    result += caf::deep_to_string(context);
    return result;
  });
}

caf::error to_caf(const error& err) {
  return {static_cast<uint8_t>(err.code), error_category,
          caf::make_message(err.message, document{err.details})};
}

error from_caf(const caf::error& err, errc otherwise) {
  if (!err)
    return {errc::internal, "an error without a reason"};
  if (err.category() == error_category) {
    auto code = static_cast<errc>(err.code());
    auto& context = err.context();
    if (context.match_elements<std::string, document>())
      return {code, context.get_as<std::string>(0),
              *context.get_as<document>(1)};
    return {code, std::string{to_string(code)}};
  }
  if (err == caf::sec::request_timeout)
    return {errc::timeout, "No answer within the deadline"};
  return {otherwise, "The actor that held the request ended ("
                       + caf::deep_to_string(err) + ")"};
}

} // namespace dspex
