#include "runtime/client/impl.hpp"

namespace dspex {

// -- records ------------------------------------------------------------------

result<program_record>
client::create_program(const std::string& module,
                       const program_options& options) const {
  return wait(*this, &client::create_program_async, module, options);
}

future_result<program_record>
client::create_program_async(const std::string& module,
                             const program_options& options) const {
  auto arguments = one_argument("module", module);
  add(arguments, "name", options.name);
  add(arguments, "adapter_type", options.adapter);
  arguments["configuration"] = options.configuration;
  arguments["reuse"] = options.reuse;
  return impl_->ask("program.create", std::move(arguments),
                    program_record_from_json);
}

result<program_record> client::get_program(const record_ref& ref) const {
  return wait(*this, &client::get_program_async, ref);
}

future_result<program_record>
client::get_program_async(const record_ref& ref) const {
  return impl_->ask("program.get", one_argument("program", ref),
                    program_record_from_json);
}

result<page<program_record>>
client::list_programs(const program_filter& filter,
                      const page_request& where) const {
  return wait(*this, &client::list_programs_async, filter, where);
}

future_result<page<program_record>>
client::list_programs_async(const program_filter& filter,
                            const page_request& where) const {
  auto arguments = json::object();
  add(arguments, "name", filter.name);
  add(arguments, "status", filter.status);
  add(arguments, "signature", filter.signature);
  add(arguments, "adapter_type", filter.adapter_type);
  arguments["include_ephemeral"] = filter.include_ephemeral;
  add(arguments, where);
  return impl_->ask("program.list", std::move(arguments),
                    page_of(program_record_from_json));
}

result<program_record>
client::update_program(const record_ref& ref,
                       const program_changes& changes) const {
  return wait(*this, &client::update_program_async, ref, changes);
}

future_result<program_record>
client::update_program_async(const record_ref& ref,
                             const program_changes& changes) const {
  auto arguments = one_argument("program", ref);
  add(arguments, "name", changes.name);
  add(arguments, "configuration", changes.configuration);
  return impl_->ask("program.update", std::move(arguments),
                    program_record_from_json);
}

result<void> client::destroy_program(const record_ref& ref,
                                     const destroy_options& options) const {
  return wait(*this, &client::destroy_program_async, ref, options);
}

future_result<void>
client::destroy_program_async(const record_ref& ref,
                              const destroy_options& options) const {
  auto arguments = one_argument("program", ref);
  arguments["cascade"] = options.cascade;
  return impl_->ask("program.destroy", std::move(arguments), no_value);
}

// -- lifecycle ----------------------------------------------------------------

result<program_record> client::initialize_program(const record_ref& ref) const {
  return wait(*this, &client::initialize_program_async, ref);
}

future_result<program_record>
client::initialize_program_async(const record_ref& ref) const {
  return impl_->ask("program.initialize", one_argument("program", ref),
                    program_record_from_json);
}

result<program_record>
client::reinitialize_program(const record_ref& ref,
                             const std::optional<json>& configuration) const {
  return wait(*this, &client::reinitialize_program_async, ref, configuration);
}

future_result<program_record> client::reinitialize_program_async(
  const record_ref& ref, const std::optional<json>& configuration) const {
  auto arguments = one_argument("program", ref);
  add(arguments, "configuration", configuration);
  return impl_->ask("program.reinitialize", std::move(arguments),
                    program_record_from_json);
}

result<program_record> client::archive_program(const record_ref& ref) const {
  return wait(*this, &client::archive_program_async, ref);
}

future_result<program_record>
client::archive_program_async(const record_ref& ref) const {
  return impl_->ask("program.archive", one_argument("program", ref),
                    program_record_from_json);
}

// -- statistics ---------------------------------------------------------------

result<program_stats> client::get_stats(const record_ref& ref) const {
  return wait(*this, &client::get_stats_async, ref);
}

future_result<program_stats>
client::get_stats_async(const record_ref& ref) const {
  auto answer = pending<program_stats>{};
  auto with_record = [node = impl_,
                      done = answer.done()](result<program_record> found) {
    if (!found)
      return done(fail(found.error()));
    auto add_totals
      = [done, record = *found](const result<program_statistics>& totals) {
          done(totals.map([&](const program_statistics& x) {
            return program_stats{record.id,
                                 record.name,
                                 record.status,
                                 record.execution_count(),
                                 record.last_executed_at,
                                 record.adapter_type,
                                 record.backend_program_id,
                                 x};
          }));
        };
    node->ask("program.stats", one_argument("program", found->id),
              program_statistics_from_json, std::move(add_totals));
  };
  impl_->ask("program.get", one_argument("program", ref),
             program_record_from_json, std::move(with_record));
  return std::move(answer.future);
}

result<program_statistics>
client::get_program_statistics(const record_ref& ref) const {
  return wait(*this, &client::get_program_statistics_async, ref);
}

future_result<program_statistics>
client::get_program_statistics_async(const record_ref& ref) const {
  return impl_->ask("program.stats", one_argument("program", ref),
                    program_statistics_from_json);
}

} // namespace dspex
