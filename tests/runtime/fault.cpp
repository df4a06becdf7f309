#include "tests/runtime/fault.hpp"

#include <stdexcept>
#include <string>

#include <caf/detail/message_data.hpp>
#include <caf/error.hpp>
#include <caf/exit_reason.hpp>
#include <caf/make_counted.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>
#include <caf/type_erased_value.hpp>
#include <caf/type_nr.hpp>

namespace dspex::test {

namespace {

/// To CAF, which moves the content out, a `down_msg`.
class throwing_content final : public caf::detail::message_data {
public:
  void* get_mutable(size_t) override {
    throw std::runtime_error("a fault that a test made");
  }

  caf::error load(size_t, caf::deserializer&) override {
    return caf::sec::unexpected_message;
  }

  message_data* copy() const override {
    return new throwing_content;
  }

  [[nodiscard]] size_t size() const noexcept override {
    return 1;
  }

  [[nodiscard]] uint32_t type_token() const noexcept override {
    return caf::make_type_token<caf::down_msg>();
  }

  [[nodiscard]] caf::rtti_pair type(size_t) const noexcept override {
    return {caf::type_nr<caf::down_msg>::value, nullptr};
  }

  [[nodiscard]] const void* get(size_t) const noexcept override {
    return &content_;
  }

  [[nodiscard]] std::string stringify(size_t) const override {
    return "throwing_content";
  }

  [[nodiscard]] caf::type_erased_value_ptr copy(size_t) const override {
    return nullptr;
  }

  caf::error save(size_t, caf::serializer&) const override {
    return caf::sec::unexpected_message;
  }

private:
  caf::down_msg content_;
};

} // namespace

void kill(const caf::actor& victim) {
  caf::anon_send_exit(victim, caf::exit_reason::kill);
}

void make_throw(const caf::actor& victim) {
  auto content
    = caf::detail::message_data::cow_ptr{caf::make_counted<throwing_content>()};
  auto ptr = caf::actor_cast<caf::strong_actor_ptr>(victim);
  ptr->enqueue(nullptr, caf::make_message_id(),
               caf::message{std::move(content)}, nullptr);
}

} // namespace dspex::test
