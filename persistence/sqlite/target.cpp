#include "persistence/sqlite/target.hpp"

#include <filesystem>

namespace dspex {

namespace {

constexpr auto scheme = std::string_view{"sqlite:"};

} // namespace

bool is_sqlite(std::string_view url) {
  return url.starts_with(scheme);
}

result<sqlite_file> locate_sqlite(const database_options& options) {
  auto text = options.url.substr(scheme.size());
  if (text.empty() || text == ":memory:")
    return fail(errc::invalid_option,
                "sqlite: needs a file name; use memory: for a store in memory");
  auto ec = std::error_code{};
  // The lock files of all nodes carry this name.
  auto path = std::filesystem::weakly_canonical(
    std::filesystem::absolute(text, ec), ec);
  if (ec)
    return fail(errc::store_unavailable, text + ": " + ec.message());
  auto directory = path.parent_path();
  if (!std::filesystem::is_directory(directory, ec))
    return fail(errc::not_found, path.string() + ": the directory "
                                   + directory.string() + " does not exist");
  auto kind = std::filesystem::status(path, ec).type();
  if (kind == std::filesystem::file_type::directory)
    return fail(errc::invalid_option, path.string() + ": is a directory");
  auto may_create = options.access == access::read_write && options.create;
  if (kind == std::filesystem::file_type::not_found && !may_create)
    return fail(errc::not_found, path.string() + ": the file does not exist");
  return sqlite_file{path.string(), options.timeout};
}

} // namespace dspex
