# Checks that each header compiles alone: one object per header, made of nothing
# but its include. `dspex_header_check` is the target; it repeats only what
# changed.
#
# Most of the time went into reading the same libraries for each. So two headers
# that pull them in are precompiled, each alone. A header gets one of them only
# if it includes it itself, also through others: what it forgot stays unseen. And
# it is clang that compiles, for it keeps the instances of templates, too: with
# g++ each object pays 0.5 s for functions of nlohmann's that nobody calls.
#
# The list of headers comes from git when the build is configured, so configure
# again after adding one (scripts/check always does).

# The one that reads more comes first.
set(_heavy_headers messages/actors.hpp include/dspex/json.hpp)

find_package(Git REQUIRED)
execute_process(
  COMMAND ${GIT_EXECUTABLE} -c safe.directory=${PROJECT_SOURCE_DIR}
    ls-files -- "*.hpp" ":!tests" ":!bench" ":!examples"
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
  OUTPUT_VARIABLE _headers
  OUTPUT_STRIP_TRAILING_WHITESPACE
  COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" _headers "${_headers}")
# A changed include may change which headers are precompiled.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${_headers})

# Sets `out` to the headers of the repository that the header includes, also
# through others.
function(dspex_included_headers out header)
  get_property(_known GLOBAL PROPERTY dspex_included_by_${header} SET)
  if(NOT _known)
    set(_all "")
    file(STRINGS ${PROJECT_SOURCE_DIR}/${header} _lines REGEX "^#include \"")
    foreach(_line IN LISTS _lines)
      string(REGEX REPLACE "^#include \"([^\"]*)\".*" "\\1" _name "${_line}")
      foreach(_found IN ITEMS include/${_name} ${_name})
        if(EXISTS ${PROJECT_SOURCE_DIR}/${_found})
          dspex_included_headers(_more ${_found})
          list(APPEND _all ${_found} ${_more})
          break()
        endif()
      endforeach()
    endforeach()
    list(REMOVE_DUPLICATES _all)
    set_property(GLOBAL PROPERTY dspex_included_by_${header} "${_all}")
  endif()
  get_property(_all GLOBAL PROPERTY dspex_included_by_${header})
  set(${out} "${_all}" PARENT_SCOPE)
endfunction()

foreach(_header IN LISTS _headers)
  if(NOT EXISTS ${PROJECT_SOURCE_DIR}/${_header})
    continue()
  endif()
  set(_source ${PROJECT_BINARY_DIR}/header_check/${_header}.cpp)
  string(REGEX REPLACE "^include/" "" _included ${_header})
  file(CONFIGURE OUTPUT ${_source} CONTENT "#include \"${_included}\"\n")
  set(_view internal)
  if(_header MATCHES "^include/")
    set(_view public)
  endif()
  set(_pch light)
  dspex_included_headers(_inside ${_header})
  foreach(_heavy IN LISTS _heavy_headers)
    if(_heavy IN_LIST _inside)
      cmake_path(GET _heavy STEM _pch)
      set(_pch_of_${_pch} ${_heavy})
      break()
    endif()
  endforeach()
  list(APPEND _sources_${_view}_${_pch} ${_source})
  list(APPEND _groups ${_view}_${_pch})
endforeach()
list(REMOVE_DUPLICATES _groups)

# Public headers see what an embedder sees: not the root of the repository.
get_property(_components GLOBAL PROPERTY DSPEX_COMPONENTS)
set(_link_public dspex::api)
set(_link_internal dspex::api ${_components})

add_custom_target(dspex_header_check)
foreach(_group IN LISTS _groups)
  string(REGEX MATCH "^(.*)_(.*)$" _ ${_group})
  set(_view ${CMAKE_MATCH_1})
  set(_heavy "${_pch_of_${CMAKE_MATCH_2}}")
  set(_target dspex_${_group}_headers)
  add_library(${_target} OBJECT EXCLUDE_FROM_ALL ${_sources_${_group}})
  target_compile_options(${_target} PRIVATE -O0 -g0)
  target_link_libraries(${_target} PRIVATE ${_link_${_view}})
  # To look into a cache costs as much as to compile most of them.
  set_target_properties(${_target} PROPERTIES CXX_COMPILER_LAUNCHER "")
  if(_heavy)
    target_precompile_headers(${_target} PRIVATE ${PROJECT_SOURCE_DIR}/${_heavy})
  endif()
  add_custom_target(${_target}_compiled DEPENDS $<TARGET_OBJECTS:${_target}>)
  add_dependencies(dspex_header_check ${_target}_compiled)
endforeach()
