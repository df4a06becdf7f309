# `cmake --install` puts in place the public headers, the static libraries
# and the program, and what find_package(dspex) needs to link dspex::dspex.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

add_library(dspex_dspex INTERFACE)
add_library(dspex::dspex ALIAS dspex_dspex)
target_link_libraries(dspex_dspex INTERFACE dspex::runtime)

get_property(_libraries GLOBAL PROPERTY DSPEX_COMPONENTS)
list(APPEND _libraries dspex_dspex dspex_api dspex_flags dspex_caf_flags)
foreach(_target IN LISTS _libraries)
  string(REGEX REPLACE "^dspex_" "" _export_name ${_target})
  set_target_properties(${_target} PROPERTIES EXPORT_NAME ${_export_name})
endforeach()

set(_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/dspex)
install(TARGETS dspex)
install(TARGETS ${_libraries} EXPORT dspexTargets)
install(EXPORT dspexTargets NAMESPACE dspex:: DESTINATION ${_package_dir})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/dspex
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.hpp")

# The Python package of the workers, and what it needs: the program looks for it
# there.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/adapters/python_port/python/
  DESTINATION ${CMAKE_INSTALL_DATADIR}/dspex/python
  FILES_MATCHING PATTERN "*.py" PATTERN "*.toml" PATTERN "*.txt"
  PATTERN "__pycache__" EXCLUDE)

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/dspexConfig.cmake.in
  ${PROJECT_BINARY_DIR}/dspexConfig.cmake
  INSTALL_DESTINATION ${_package_dir})
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/dspexConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/dspexConfig.cmake
  ${PROJECT_BINARY_DIR}/dspexConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/FindCAF.cmake
  DESTINATION ${_package_dir})
