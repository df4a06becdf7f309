#include "actors/program/backend_slot.hpp"

#include <utility>

namespace dspex {

namespace {

bool is_in_use(const program_record& x) {
  return x.status == program_status::initializing
         || x.status == program_status::ready;
}

// The generation that the latest attempt to initialize was given. The end of
// the attempt has added one.
int64_t attempt_of(const program_record& x) {
  return x.status == program_status::initializing ? x.generation
                                                  : x.generation - 1;
}

backend_slot::incarnation_ptr describe(const program_facts& now) {
  auto& record = now.record;
  auto result = std::make_shared<backend_slot::incarnation>();
  result->program = std::make_shared<const backend_program>(backend_program{
    record.id, attempt_of(record), record.signature.module,
    record.signature.version, now.signature, now.configuration.backend});
  if (record.status != program_status::initializing)
    result->id = record.backend_program_id;
  // An earlier actor of this program may have left it with the adapter.
  result->present = !result->id.empty();
  result->ephemeral = record.ephemeral;
  return result;
}

} // namespace

backend_slot::backend_slot(const program_facts& now) : present_(describe(now)) {
}

backend_slot::unused_id backend_slot::adopt(const program_facts& now) {
  auto& record = now.record;
  if (is_in_use(record)
      && attempt_of(record) == present_->program->generation) {
    if (record.status == program_status::ready && present_->id.empty()) {
      present_->id = record.backend_program_id;
      present_->present = true;
    }
    return {};
  }
  present_->retired = true;
  auto unused = release(*present_);
  if (is_in_use(record))
    present_ = describe(now);
  return unused;
}

backend_slot::incarnation_ptr backend_slot::enter() {
  ++present_->runs;
  return present_;
}

backend_slot::unused_id backend_slot::leave(incarnation& x) {
  --x.runs;
  return release(x);
}

backend_slot::unused_id backend_slot::clear() const {
  return release(*present_);
}

backend_slot::unused_id backend_slot::release(incarnation& x) {
  auto needed = x.runs > 0 || !(x.retired || x.ephemeral);
  if (needed || !x.present || x.id.empty())
    return {};
  x.present = false;
  return x.id;
}

} // namespace dspex
