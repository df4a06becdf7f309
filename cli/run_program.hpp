#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "config/program_file.hpp"
#include "dspex/client.hpp"

namespace dspex::cli {

/// The program that a program file stands for, ready to run.
struct prepared_program {
  program_record record;
  /// The name, or the id if the name stands for several.
  std::string reference;
};

/// Tells the user about a choice that dspex made.
using notice = std::function<void(std::string_view)>;

/// Records the file's signature and finds, or makes and initializes, its
/// program.
///
/// The version of the signature is the file's own, or the next patch version
/// that is free or has the same content. A program is taken again if name,
/// signature, adapter and configuration are the same and it is `ready` or can
/// become so; one that another process initializes is waited for.
[[nodiscard]] result<prepared_program>
prepare_program(const client& where, const program_file& file,
                const std::string& adapter, const notice& tell);

} // namespace dspex::cli
