# Compiler settings shared by every target, and dspex_component(), which makes
# the static library of one folder.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(CCACHE_PROGRAM ccache)
  if(CCACHE_PROGRAM)
    # Precompiled headers need this sloppiness to hit the cache. The list of
    # dependencies that ninja asks for anyway spares a miss the preprocessor.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_DEPEND=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${CCACHE_PROGRAM})
  endif()
endif()

add_library(dspex_flags INTERFACE)
target_compile_options(dspex_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -fpch-preprocess)
if(DSPEX_BUILD_TESTS)
  # Programs, too: a test may borrow the precompiled header of a library.
  target_compile_options(dspex_flags INTERFACE -fPIC)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(dspex_flags INTERFACE -Wno-unused-command-line-argument
    -Wno-sign-conversion)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 with -O2 reports both inside std::string, where nothing is wrong.
  target_compile_options(dspex_flags INTERFACE
    -Wno-restrict -Wno-maybe-uninitialized)
endif()
if(DSPEX_WERROR)
  target_compile_options(dspex_flags INTERFACE -Werror)
endif()
if(DSPEX_SANITIZE)
  # CAF 0.17 binds references to null objects of empty types: -fno-sanitize=null.
  # Unoptimised: optimising sanitized CAF code doubles the time of a build.
  target_compile_options(dspex_flags INTERFACE -g1 -fno-omit-frame-pointer
    -fsanitize=address,undefined -fno-sanitize=null -fno-sanitize-recover=all)
  if(NOT DSPEX_LONG_TESTS)
    # These two checks are made at each access and cost a third of the time of a
    # build. No cast of ours makes a misaligned pointer, and AddressSanitizer
    # sees where a wrong one leads. The long tests have the checks.
    target_compile_options(dspex_flags INTERFACE
      -fno-sanitize=alignment,pointer-overflow)
  endif()
  target_link_options(dspex_flags INTERFACE -fsanitize=address,undefined)
endif()
if(DSPEX_COVERAGE)
  target_compile_options(dspex_flags INTERFACE
    --coverage -fprofile-update=atomic -g0)
  target_link_options(dspex_flags INTERFACE --coverage)
endif()
if(DSPEX_FUZZ_ONLY)
  # Optimising more costs more time than the fuzzing of a change gains by it.
  target_compile_options(dspex_flags INTERFACE -O1 -g1
    -fsanitize=fuzzer-no-link,address)
  target_link_options(dspex_flags INTERFACE -fsanitize=address)
endif()

# The allocator of our executables: messages are allocated on one thread and
# freed on another, where that of glibc makes threads wait for each other. The
# sanitizers have their own.
add_library(dspex_allocator INTERFACE)
if(NOT DSPEX_SANITIZE AND NOT DSPEX_FUZZ_ONLY)
  find_library(JEMALLOC_LIBRARY jemalloc REQUIRED)
  target_link_libraries(dspex_allocator INTERFACE ${JEMALLOC_LIBRARY})
endif()

# Gives a target a precompiled header: one of its own, or that of another target
# with the same compiler options.
function(_dspex_precompile target header)
  if(DSPEX_FUZZ_ONLY OR NOT header)
    return()
  endif()
  if(TARGET ${header})
    target_precompile_headers(${target} REUSE_FROM ${header})
  else()
    target_precompile_headers(${target} PRIVATE ${header})
  endif()
endfunction()

# Compiles the sources of a target several at once, or not.
function(_dspex_unite target unity)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${unity})
  if(unity AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Says that a name may differ between files, which is what it is for.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
endfunction()

# dspex_component(NAME SOURCES ... [PUBLIC libs...] [PRIVATE libs...]
#                 [PCH header-or-target] [UNITY])
#
# The library dspex_NAME, known to others as dspex::NAME. Internal headers are
# included from the root of the repository ("actors/x.hpp"). UNITY compiles its
# sources several at once: worth it where reading headers costs more than the
# sources themselves. Names in anonymous namespaces must then differ.
function(dspex_component name)
  cmake_parse_arguments(ARG "UNITY" "PCH" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(dspex_${name} STATIC ${ARG_SOURCES})
  add_library(dspex::${name} ALIAS dspex_${name})
  set_property(GLOBAL APPEND PROPERTY DSPEX_COMPONENTS dspex_${name})
  target_include_directories(dspex_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  target_link_libraries(dspex_${name}
    PUBLIC dspex::api ${ARG_PUBLIC}
    PRIVATE dspex_flags ${ARG_PRIVATE})
  _dspex_precompile(dspex_${name} "${ARG_PCH}")
  _dspex_unite(dspex_${name} ${ARG_UNITY})
endfunction()

# dspex_test(NAME SOURCES ... [LINK libs...]): one GoogleTest binary of one
# component, which is a ctest entry with a time limit in seconds. Those with a
# high limit start first (COST), lest one of them is alone in the end. Tests find
# DSPEX_LONG=1 in their environment when they shall take their long variants.
function(dspex_test name)
  cmake_parse_arguments(ARG "UNITY" "TIMEOUT;PCH" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE dspex_flags dspex::api ${ARG_LINK}
    GTest::gmock GTest::gtest GTest::gtest_main)
  _dspex_precompile(${name} "${ARG_PCH}")
  _dspex_unite(${name} ${ARG_UNITY})
  set_target_properties(${name} PROPERTIES UNITY_BUILD_BATCH_SIZE 14)
  add_test(NAME ${name} COMMAND ${name})
  set(_long "")
  if(DSPEX_LONG_TESTS)
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 20")
    set(_long ";DSPEX_LONG=1")
  endif()
  set_tests_properties(${name} PROPERTIES
    TIMEOUT ${ARG_TIMEOUT} COST ${ARG_TIMEOUT}
    ENVIRONMENT "DSPEX_SOURCE_DIR=${PROJECT_SOURCE_DIR};DSPEX_BINARY=${PROJECT_BINARY_DIR}/dspex${_long}")
endfunction()
