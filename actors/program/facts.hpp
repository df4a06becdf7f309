#pragma once

#include "config/program_configuration.hpp"
#include "dspex/any_signature.hpp"
#include "dspex/json.hpp"
#include "dspex/records.hpp"

namespace dspex {

/// What an actor knows of its program: the record, and what was read from it.
/// The actor is made with these facts and replaces the record and the
/// configuration when it sees newer ones.
struct program_facts {
  program_record record;
  any_signature signature;
  program_configuration configuration;
  /// The metadata of a run without options; all such runs share the document.
  document metadata = document::object();
};

} // namespace dspex
