# Checks that each header compiles alone: one object per header, made of nothing
# but its include. `dspex_header_check` is the target; it repeats only what
# changed.
#
# A header with a source of the same name is left out where sources are compiled
# one by one and without a precompiled header: it stands first there
# (clang-format sees to that), so the ordinary build checks it. A header of a
# folder whose sources borrow the precompiled header of another folder gets that
# one, too.
#
# The list comes from git when the build is configured, so configure again after
# adding a header (scripts/check always does).

find_package(Git REQUIRED)
execute_process(
  COMMAND ${GIT_EXECUTABLE} -c safe.directory=${PROJECT_SOURCE_DIR}
    ls-files -- "*.hpp" ":!tests" ":!bench" ":!examples"
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
  OUTPUT_VARIABLE _headers
  OUTPUT_STRIP_TRAILING_WHITESPACE
  COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" _headers "${_headers}")

foreach(_header IN LISTS _headers)
  if(NOT EXISTS ${PROJECT_SOURCE_DIR}/${_header})
    continue()
  endif()
  string(REGEX REPLACE "/.*" "" _folder ${_header})
  string(REGEX REPLACE "hpp$" "cpp" _own_source ${_header})
  if(TARGET dspex_${_folder} AND EXISTS ${PROJECT_SOURCE_DIR}/${_own_source})
    get_target_property(_pch dspex_${_folder} PRECOMPILE_HEADERS)
    get_target_property(_unity dspex_${_folder} UNITY_BUILD)
    if(NOT _pch AND NOT _unity)
      continue()
    endif()
  endif()
  set(_source ${PROJECT_BINARY_DIR}/header_check/${_header}.cpp)
  string(REGEX REPLACE "^include/" "" _included ${_header})
  file(CONFIGURE OUTPUT ${_source} CONTENT "#include \"${_included}\"\n")
  if(_header MATCHES "^include/")
    list(APPEND _public_sources ${_source})
  elseif(_header MATCHES "^(actors|runtime)/")
    list(APPEND _borrowing_sources ${_source})
  else()
    list(APPEND _internal_sources ${_source})
  endif()
endforeach()

add_custom_target(dspex_header_check)

# Compiles SOURCES with what the targets LINK bring along.
function(dspex_check_headers name)
  cmake_parse_arguments(ARG "" "PCH" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_SOURCES)
    return()
  endif()
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE -O0 -g0)
  # To look into a cache costs as much as to compile most of them.
  set_target_properties(${name} PROPERTIES CXX_COMPILER_LAUNCHER "")
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  _dspex_precompile(${name} "${ARG_PCH}")
  add_custom_target(${name}_compiled DEPENDS $<TARGET_OBJECTS:${name}>)
  add_dependencies(dspex_header_check ${name}_compiled)
endfunction()

# Public headers see what an embedder sees: not the root of the repository.
dspex_check_headers(dspex_public_headers
  SOURCES ${_public_sources}
  LINK dspex::api)

get_property(_components GLOBAL PROPERTY DSPEX_COMPONENTS)
dspex_check_headers(dspex_internal_headers
  SOURCES ${_internal_sources}
  LINK dspex::api ${_components})
dspex_check_headers(dspex_borrowing_headers
  SOURCES ${_borrowing_sources}
  LINK dspex_flags dspex::api ${_components}
  PCH dspex_messages)
