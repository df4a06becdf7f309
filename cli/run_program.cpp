#include "cli/run_program.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "core/version.hpp"

namespace dspex::cli {

namespace {

// The pause between two looks at a program that another process initializes.
constexpr auto look_interval = std::chrono::milliseconds{100};

// Compares objects whatever the order of their members: stores and TOML files
// sort differently.
bool same_value(const json& lhs, const json& rhs) {
  if (lhs.is_object() && rhs.is_object())
    return lhs.size() == rhs.size()
           && std::all_of(
             lhs.items().begin(), lhs.items().end(), [&](const auto& member) {
               auto i = rhs.find(member.key());
               return i != rhs.end() && same_value(member.value(), *i);
             });
  if (lhs.is_array() && rhs.is_array())
    return std::equal(lhs.begin(), lhs.end(), rhs.begin(), rhs.end(),
                      same_value);
  return lhs == rhs;
}

result<signature_record> record_signature(const client& where,
                                          const program_file& file,
                                          const notice& tell) {
  auto first = file.version.value_or("1.0.0");
  auto version = first;
  while (true) {
    auto options = module_options{};
    options.instructions = file.instructions;
    options.version = version;
    options.description = file.description;
    auto recorded
      = where.define_module(file.module, file.signature_text, options)
          .and_then([&] {
            return where.create_signature_from_module(file.module, {},
                                                      file.description);
          });
    if (!recorded && recorded.error().code == errc::conflict) {
      version = next_patch(version);
      continue;
    }
    if (recorded && version != first)
      tell("the recorded " + recorded->module + ' ' + first
           + " differs from the program file, which is now version " + version);
    return recorded;
  }
}

// Returns every program of that name, archived ones included, newest first.
result<std::vector<program_record>> programs_named(const client& where,
                                                   const std::string& name) {
  auto out = std::vector<program_record>{};
  auto filter = program_filter{};
  filter.name = name;
  auto next = page_request{.limit = 1000, .cursor = {}};
  do {
    auto found = where.list_programs(filter, next);
    if (!found)
      return fail(found.error());
    std::move(found->items.begin(), found->items.end(),
              std::back_inserter(out));
    next.cursor = found->next;
  } while (!next.cursor.empty());
  return out;
}

// Waits until another process has initialized a program. That process may have
// died, so the wait ends after the time that initializing may take.
result<program_record> wait_until_initialized(const client& where,
                                              program_record program,
                                              std::chrono::milliseconds limit) {
  auto end = std::chrono::steady_clock::now() + limit;
  while (program.status == program_status::initializing
         && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(look_interval);
    auto found = where.get_program(program.id);
    if (!found)
      return found;
    program = std::move(*found);
  }
  return program;
}

class program_finder {
public:
  program_finder(const client& where, const program_file& file,
                 const std::string& adapter, const notice& tell)
    : client_(where), file_(file), adapter_(adapter), tell_(tell) {
  }

  result<prepared_program> run() {
    auto signature = record_signature(client_, file_, tell_);
    if (!signature)
      return fail(signature.error());
    auto name = file_.name.value_or(signature->module);
    auto all = programs_named(client_, name);
    if (!all)
      return fail(all.error());
    for (auto& x : *all) {
      if (!fits(x, *signature))
        continue;
      auto usable = use(x);
      if (!usable)
        return fail(usable.error());
      if (usable->status == program_status::ready)
        return prepared_program{
          *usable, all->size() == 1 ? name : to_string(usable->id)};
      if (usable->status == program_status::error)
        tell_("program " + to_string(x.id)
              + " is in error, a new one takes its place: "
              + usable->error_message);
    }
    auto made = make(name);
    if (!made)
      return fail(made.error());
    if (made->status == program_status::error)
      return fail(made->error_code, made->error_message);
    if (made->status != program_status::ready)
      return fail(errc::invalid_transition,
                  "Program " + to_string(made->id) + " is "
                    + std::string{to_string(made->status)});
    return prepared_program{*made, all->empty() ? name : to_string(made->id)};
  }

private:
  bool fits(const program_record& x, const signature_record& sig) const {
    return x.status != program_status::archived && x.signature.id == sig.id
           && x.adapter_type == adapter_
           && same_value(*x.configuration, file_.configuration);
  }

  // Returns the program as it is once no process initializes it any more.
  result<program_record> use(program_record x) {
    if (x.status == program_status::draft) {
      auto initialized = client_.initialize_program(x.id);
      if (initialized || initialized.error().code != errc::invalid_transition)
        return initialized;
      // Another process was quicker.
      auto now = client_.get_program(x.id);
      if (!now)
        return now;
      x = std::move(*now);
    }
    if (x.status == program_status::initializing) {
      auto limits = parse_program_configuration(file_.configuration);
      if (!limits)
        return fail(limits.error());
      return wait_until_initialized(client_, x, limits->init_timeout);
    }
    return x;
  }

  result<program_record> make(const std::string& name) {
    auto options = program_options{};
    options.name = name;
    options.adapter = adapter_;
    options.configuration = file_.configuration;
    // Another process may run the same file at this moment.
    options.reuse = true;
    return client_.create_program(file_.module, options)
      .and_then([&](const program_record& draft) { return use(draft); });
  }

  const client& client_;
  const program_file& file_;
  const std::string& adapter_;
  const notice& tell_;
};

} // namespace

result<prepared_program>
prepare_program(const client& where, const program_file& file,
                const std::string& adapter, const notice& tell) {
  return program_finder{where, file, adapter, tell}.run();
}

} // namespace dspex::cli
