# Writes the migrations of one engine into a C++ source file.
#
#   cmake -D DIRECTORY=migrations/sqlite -D FUNCTION=sqlite_migrations
#         -D OUTPUT=out.cpp -P embed.cmake
#
# A migration is a pair of files NNNN_name.up.sql and NNNN_name.down.sql; the
# numbers count from 0001 without a gap. Its checksum covers both files.
cmake_minimum_required(VERSION 3.25)

file(GLOB ups RELATIVE "${DIRECTORY}" "${DIRECTORY}/*.up.sql")
file(GLOB downs RELATIVE "${DIRECTORY}" "${DIRECTORY}/*.down.sql")
list(SORT ups)
list(LENGTH ups up_count)
list(LENGTH downs down_count)
if(NOT up_count EQUAL down_count OR up_count EQUAL 0)
  message(FATAL_ERROR
    "${DIRECTORY}: ${up_count} up files and ${down_count} down files")
endif()

set(entries "")
set(number 0)
foreach(up IN LISTS ups)
  math(EXPR number "${number} + 1")
  if(NOT up MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)\\.up\\.sql$")
    message(FATAL_ERROR "${DIRECTORY}/${up}: not named NNNN_name.up.sql")
  endif()
  set(stem "${CMAKE_MATCH_1}_${CMAKE_MATCH_2}")
  set(name "${CMAKE_MATCH_2}")
  string(REGEX REPLACE "^0+" "" found "${CMAKE_MATCH_1}")
  if(NOT found EQUAL number)
    message(FATAL_ERROR "${DIRECTORY}/${up}: expected number ${number}")
  endif()
  file(READ "${DIRECTORY}/${up}" up_text)
  file(READ "${DIRECTORY}/${stem}.down.sql" down_text)
  string(SHA256 checksum "${up_text}\n--\n${down_text}")
  string(APPEND entries
    "  {${number}, \"${name}\",\n   \"${checksum}\",\n"
    "   R\"sql(${up_text})sql\",\n   R\"sql(${down_text})sql\"},\n")
endforeach()

file(WRITE "${OUTPUT}" "#include \"persistence/migration.hpp\"

namespace dspex {

namespace {

constexpr migration ${FUNCTION}_rows[] = {
${entries}};

} // namespace

std::span<const migration> ${FUNCTION}() noexcept {
  return ${FUNCTION}_rows;
}

} // namespace dspex
")
