#include "runtime/client/impl.hpp"

namespace dspex {

namespace {

result<module_report> read_report(const json& reply) {
  auto out = module_report{reply["valid"].get<bool>(),
                           reply["reasons"].get<std::vector<std::string>>()};
  if (auto i = reply.find("adapters"); i != reply.end())
    for (auto& [type, why_not] : i->items())
      out.adapters[type] = why_not.is_null() ? "" : why_not.get<std::string>();
  return out;
}

} // namespace

// -- modules ------------------------------------------------------------------

result<void> client::define_module(const std::string& module,
                                   const std::string& signature,
                                   const module_options& options) const {
  return wait(*this, &client::define_module_async, module, signature, options);
}

future_result<void>
client::define_module_async(const std::string& module,
                            const std::string& signature,
                            const module_options& options) const {
  auto arguments = json::object();
  arguments["module"] = module;
  arguments["signature"] = signature;
  arguments["instructions"] = options.instructions;
  arguments["version"] = options.version;
  arguments["description"] = options.description;
  return impl_->ask("signature.define", std::move(arguments), no_value);
}

result<bool> client::validate_module(const std::string& module) const {
  return wait(*this, &client::validate_module_async, module);
}

future_result<bool>
client::validate_module_async(const std::string& module) const {
  return impl_->ask("signature.explain", one_argument("module", module),
                    [](const json& reply) {
                      return read_report(reply).map(
                        [](const module_report& x) { return x.valid; });
                    });
}

result<module_report> client::explain_module(const std::string& module) const {
  return wait(*this, &client::explain_module_async, module);
}

future_result<module_report>
client::explain_module_async(const std::string& module) const {
  return impl_->ask("signature.explain", one_argument("module", module),
                    read_report);
}

// -- records ------------------------------------------------------------------

result<signature_record> client::create_signature_from_module(
  const std::string& module, const std::optional<std::string>& name,
  const std::string& description,
  const std::optional<std::string>& version) const {
  return wait(*this, &client::create_signature_from_module_async, module, name,
              description, version);
}

future_result<signature_record> client::create_signature_from_module_async(
  const std::string& module, const std::optional<std::string>& name,
  const std::string& description,
  const std::optional<std::string>& version) const {
  auto arguments = one_argument("module", module);
  add(arguments, "name", name);
  if (!description.empty())
    arguments["description"] = description;
  add(arguments, "version", version);
  return impl_->ask("signature.create", std::move(arguments),
                    signature_record_from_json);
}

result<signature_record> client::get_signature(const record_ref& ref) const {
  return wait(*this, &client::get_signature_async, ref);
}

future_result<signature_record>
client::get_signature_async(const record_ref& ref) const {
  return impl_->ask("signature.get", one_argument("signature", ref),
                    signature_record_from_json);
}

result<page<signature_record>>
client::list_signatures(const signature_filter& filter,
                        const page_request& where) const {
  return wait(*this, &client::list_signatures_async, filter, where);
}

future_result<page<signature_record>>
client::list_signatures_async(const signature_filter& filter,
                              const page_request& where) const {
  auto arguments = json::object();
  add(arguments, "module", filter.module);
  add(arguments, "name", filter.name);
  add(arguments, "status", filter.status);
  add(arguments, where);
  return impl_->ask("signature.list", std::move(arguments),
                    page_of(signature_record_from_json));
}

result<page<signature_record>>
client::list_active_signatures(const page_request& where) const {
  return wait(*this, &client::list_active_signatures_async, where);
}

future_result<page<signature_record>>
client::list_active_signatures_async(const page_request& where) const {
  auto filter = signature_filter{};
  filter.status = signature_status::active;
  return list_signatures_async(filter, where);
}

result<signature_record>
client::update_signature(const record_ref& ref,
                         const signature_changes& changes) const {
  return wait(*this, &client::update_signature_async, ref, changes);
}

future_result<signature_record>
client::update_signature_async(const record_ref& ref,
                               const signature_changes& changes) const {
  auto arguments = one_argument("signature", ref);
  add(arguments, "name", changes.name);
  add(arguments, "description", changes.description);
  return impl_->ask("signature.update", std::move(arguments),
                    signature_record_from_json);
}

result<void> client::destroy_signature(const record_ref& ref) const {
  return wait(*this, &client::destroy_signature_async, ref);
}

future_result<void>
client::destroy_signature_async(const record_ref& ref) const {
  return impl_->ask("signature.destroy", one_argument("signature", ref),
                    no_value);
}

// -- lifecycle ----------------------------------------------------------------

result<signature_record>
client::activate_signature(const record_ref& ref) const {
  return wait(*this, &client::activate_signature_async, ref);
}

future_result<signature_record>
client::activate_signature_async(const record_ref& ref) const {
  return impl_->ask("signature.activate", one_argument("signature", ref),
                    signature_record_from_json);
}

result<signature_record>
client::deprecate_signature(const record_ref& ref) const {
  return wait(*this, &client::deprecate_signature_async, ref);
}

future_result<signature_record>
client::deprecate_signature_async(const record_ref& ref) const {
  return impl_->ask("signature.deprecate", one_argument("signature", ref),
                    signature_record_from_json);
}

} // namespace dspex
