#pragma once

/// Everything that an embedder needs. A CAF peer includes `dspex/protocol.hpp`
/// as well.

#include "dspex/adapter.hpp"
#include "dspex/any_signature.hpp"
#include "dspex/client.hpp"
#include "dspex/client_types.hpp"
#include "dspex/config.hpp"
#include "dspex/domain.hpp"
#include "dspex/error.hpp"
#include "dspex/field_chunk.hpp"
#include "dspex/id.hpp"
#include "dspex/json.hpp"
#include "dspex/json_schema.hpp"
#include "dspex/metrics.hpp"
#include "dspex/module_definition.hpp"
#include "dspex/observer.hpp"
#include "dspex/records.hpp"
#include "dspex/runtime.hpp"
#include "dspex/signature.hpp"
#include "dspex/tool.hpp"
