# Checks that each header compiles alone: one object per header, made of nothing
# but its include. The build system repeats only what changed.
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
  set(_source ${PROJECT_BINARY_DIR}/header_check/${_header}.cpp)
  string(REGEX REPLACE "^include/" "" _included ${_header})
  file(CONFIGURE OUTPUT ${_source} CONTENT "#include \"${_included}\"\n")
  if(_header MATCHES "^include/")
    list(APPEND _public_sources ${_source})
  else()
    list(APPEND _internal_sources ${_source})
  endif()
endforeach()

# Public headers see what an embedder sees: no root of the repository.
add_library(dspex_header_check OBJECT ${_public_sources})
target_compile_options(dspex_header_check PRIVATE -O0 -g0)
target_link_libraries(dspex_header_check PRIVATE dspex::api)

if(_internal_sources)
  add_library(dspex_internal_header_check OBJECT ${_internal_sources})
  target_compile_options(dspex_internal_header_check PRIVATE -O0 -g0)
  foreach(_component IN ITEMS core signatures config messages persistence
          adapters actors runtime load http tools)
    if(TARGET dspex_${_component})
      target_link_libraries(dspex_internal_header_check
        PRIVATE dspex_${_component})
    endif()
  endforeach()
  add_dependencies(dspex_header_check dspex_internal_header_check)
endif()
