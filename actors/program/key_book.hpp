#pragma once

#include <map>
#include <set>
#include <string>

#include "dspex/json.hpp"
#include "dspex/records.hpp"

namespace dspex {

/// Which run of a program stands for which idempotency key, and which runs wait
/// for its answer.
///
/// The first run with a key leads: it claims the key in the store. Later runs
/// with the same key follow it without asking the store. When the leader goes,
/// its followers either get its answer or compete for the key again.
class key_book {
public:
  enum class place {
    /// The run stands for the key.
    leads,
    /// Another run stands for the key.
    follows,
    /// Another run stands for the key, and has other inputs.
    conflicts
  };

  using runs = std::set<execution_id>;

  /// Finds the place of a run with this key.
  [[nodiscard]] place claim(const std::string& key, execution_id id,
                            const std::string& inputs_hash);

  /// Takes out a run that has gone.
  /// @returns its followers, which have no place any more.
  [[nodiscard]] runs release(const std::string& key, execution_id id);

  [[nodiscard]] bool empty() const {
    return leaders_.empty();
  }

private:
  struct leader {
    execution_id id;
    std::string inputs_hash;
    runs followers;
  };

  std::map<std::string, leader> leaders_;
};

/// What the row of the execution that holds a key means for a run with the same
/// key.
enum class key_holder {
  /// The execution has ended, and its answer is that of the run.
  answers,
  /// The execution has not ended, or the store cannot tell.
  runs,
  /// The execution has freed its key, or its row is not there (yet).
  gone
};

[[nodiscard]] key_holder holder_of(const result<execution_record>& row);

/// A hash of inputs that does not depend on the order of object members.
[[nodiscard]] std::string hash_of_inputs(const json& inputs);

} // namespace dspex
