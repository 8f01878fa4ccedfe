# The project's own CMake vocabulary: one object library per folder, gathered into one library `mini_wasm`.
include(FetchContent)

# The most bytes of machine code (sections .text) that the shared library may have; see mini_wasm_check_shared_library.
set(MINI_WASM_CODE_LIMIT 1920000)

# Packages: the system's first, a pinned source otherwise.
function(mini_wasm_package name version_args repository tag)
  find_package(${name} ${version_args} QUIET)
  if(NOT ${name}_FOUND)
    message(STATUS "${name}: no system package, fetching ${tag}")
    FetchContent_Declare(${name} GIT_REPOSITORY ${repository} GIT_TAG ${tag})
    FetchContent_MakeAvailable(${name})
  endif()
endfunction()

# The same for a package of one header, which needs no building: sets VARIABLE to the folder that it is in.
function(mini_wasm_header variable header name repository tag)
  find_path(${variable} ${header})
  if(NOT ${variable})
    message(STATUS "${name}: no system package, fetching ${tag}")
    FetchContent_Declare(${name} GIT_REPOSITORY ${repository} GIT_TAG ${tag})
    FetchContent_MakeAvailable(${name})
    set(${variable} "${${name}_SOURCE_DIR}" CACHE PATH "Where ${header} is" FORCE)
  endif()
endfunction()

macro(mini_wasm_begin)
  set(MINI_WASM_FOLDERS "" CACHE INTERNAL "")
  set(MINI_WASM_HAS_WASI 0)
  if(MINI_WASM_WASI)
    set(MINI_WASM_HAS_WASI 1)
  endif()
  # The version has one place, project(VERSION); the library and the command line read it from this header.
  configure_file(include/mini_wasm/version.h.in include/mini_wasm/version.h @ONLY)
  # For the project's own sources. Nothing of this reaches programs that use the library.
  add_library(mini_wasm_options INTERFACE)
  target_include_directories(mini_wasm_options INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>)
  # Exact floating point (core/numeric.h): no fused multiply-add behind our back; sqrt without errno is one instruction.
  target_compile_options(mini_wasm_options INTERFACE -ffp-contract=off -fno-math-errno)
  # -Wrestrict: GCC 12 reports "literal" + string falsely (its bug 105651).
  target_compile_options(mini_wasm_options INTERFACE -Wall -Wextra -Wno-missing-field-initializers
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
    $<$<BOOL:${MINI_WASM_WERROR}>:-Werror>)
  if(MINI_WASM_FUZZ)
    target_compile_options(mini_wasm_options INTERFACE -fsanitize=fuzzer-no-link)
  endif()
  if(MINI_WASM_SANITIZE)
    target_compile_options(mini_wasm_options INTERFACE
      -fsanitize=${MINI_WASM_SANITIZE} -fno-sanitize=vptr  # which needs RTTI everywhere
      -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(mini_wasm_options INTERFACE -fsanitize=${MINI_WASM_SANITIZE})
  endif()
  if(MINI_WASM_TESTS)
    enable_testing()
    mini_wasm_package(GTest "" https://github.com/google/googletest.git v1.12.1)
    include(GoogleTest)
  endif()
endmacro()

# What makes the engine's own mistakes harder to use (docs/host-process.md); it is not for those who use the library.
function(mini_wasm_harden target)
  target_compile_options(${target} PRIVATE -fstack-protector-strong)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(${target} PRIVATE -fcf-protection=none)
  endif()
  if(NOT MINI_WASM_SANITIZE)
    target_compile_options(${target} PRIVATE
      $<$<OR:$<CONFIG:Release>,$<CONFIG:RelWithDebInfo>>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
  endif()
endfunction()

# How a release build is optimised: with -O2, because -O3 makes 8 % more code that executes as many instructions.
function(mini_wasm_optimize target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O2>)
endfunction()
# Lets clang inline less than by default: a quarter less code of the compiler, for as many executed instructions. For all
# sources or these.
function(mini_wasm_inline_less target)
  if(NOT (CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_BUILD_TYPE STREQUAL "Release"))
    return()
  endif()
  if(ARGN)
    set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_OPTIONS -mllvm -inline-threshold=100)
  else()
    target_compile_options(${target} PRIVATE "SHELL:-mllvm -inline-threshold=100")
  endif()
endfunction()
# Optimises for size what is executed seldom: (target) for all sources, or (target foo.cc bar.cc). That makes a quarter less
# code, and would cost the compiler and the walk over function bodies a tenth of their speed.
function(mini_wasm_optimize_size target)
  if(ARGN)
    set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_OPTIONS $<$<CONFIG:Release>:-Os>)
    # What is precompiled is for one kind of optimisation.
    set_property(SOURCE ${ARGN} PROPERTY SKIP_PRECOMPILE_HEADERS ON)
  else()
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-Os>)
  endif()
endfunction()

# Headers are most of what the compiler reads: precompiled, they take a third of the time. mini_wasm_precompile(target
# <vector> runtime/store.h ...): the standard ones and these. Not with a launcher such as ccache, which needs no second
# way to save time; so builds with it also show when a file does not include what it uses.
function(mini_wasm_precompile target)
  if(NOT CMAKE_CXX_COMPILER_LAUNCHER AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_precompile_headers(${target} PRIVATE
      <algorithm> <array> <atomic> <bit> <chrono> <condition_variable> <cstring> <functional> <map> <memory> <mutex>
      <optional> <span> <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector>)
    foreach(header ${ARGN})
      if(NOT header MATCHES "^<")
        set(header "${PROJECT_SOURCE_DIR}/${header}")
      endif()
      target_precompile_headers(${target} PRIVATE "${header}")
    endforeach()
  endif()
endfunction()

# mini_wasm_add_library(core foo.cc bar.cc): the sources of one folder, without RTTI. Exceptions are for std::bad_alloc
# alone (core/guarded.h).
function(mini_wasm_add_library folder)
  add_library(mini_wasm_${folder} OBJECT ${ARGN})
  # What is not marked with MINI_WASM_API stays in the library, and each function can be left out by itself.
  set_target_properties(mini_wasm_${folder} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_compile_options(mini_wasm_${folder} PRIVATE -ffunction-sections -fdata-sections)
  target_link_libraries(mini_wasm_${folder} PUBLIC mini_wasm_options)
  mini_wasm_harden(mini_wasm_${folder})
  mini_wasm_optimize(mini_wasm_${folder})
  mini_wasm_precompile(mini_wasm_${folder})
  target_compile_options(mini_wasm_${folder} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)
  set(MINI_WASM_FOLDERS ${MINI_WASM_FOLDERS} mini_wasm_${folder} CACHE INTERNAL "")
endfunction()

# mini_wasm_make_library(name STATIC|SHARED): a library of all rooms. A shared one has only what its API needs.
function(mini_wasm_make_library name kind)
  add_library(${name} ${kind})
  foreach(folder ${MINI_WASM_FOLDERS})
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:${folder}>)
  endforeach()
  # All that programs get from it, besides the library.
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(${name} PUBLIC cxx_std_20)
  # Threads, and what is cached belongs to one build: its id says which (runtime/system/image.h).
  target_link_libraries(${name} PUBLIC Threads::Threads)
  target_link_options(${name} PUBLIC -Wl,--build-id=sha1)
  if(MINI_WASM_SANITIZE)
    target_link_options(${name} PUBLIC -fsanitize=${MINI_WASM_SANITIZE})
  endif()
  if(MINI_WASM_JIT)
    target_link_libraries(${name} PRIVATE asmjit::asmjit)
  endif()
  if(kind STREQUAL "SHARED")
    set_target_properties(${name} PROPERTIES SOVERSION ${PROJECT_VERSION_MAJOR} VERSION ${PROJECT_VERSION})
    # What comes from static libraries is nobody else's business; and that asmjit's is not built for shared libraries.
    # What nobody uses is left out.
    target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL -Wl,--gc-sections
      -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/exports.map)
    set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/exports.map)
    # Relocations of tables in a tenth of the space, where the C library understands that.
    if(MINI_WASM_HAS_PACKED_RELOCATIONS)
      target_link_options(${name} PRIVATE -Wl,-z,pack-relative-relocs)
    endif()
    if(MINI_WASM_JIT)
      target_sources(${name} PRIVATE jit/x64/asmjit_diagnostics.cc)
      target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
    endif()
    # lld can put functions together that have the same code and whose addresses nobody compares.
    if(MINI_WASM_HAS_LLD)
      target_link_options(${name} PRIVATE -fuse-ld=lld -Wl,--icf=safe)
    endif()
  endif()
endfunction()

# `mini_wasm::mini_wasm` is what programs link: shared with BUILD_SHARED_LIBS. `mini_wasm_internals` is for what looks
# behind the API (the command line, tests): a library that is always static (MINI_WASM_STATIC), and what the project's own
# sources are compiled with. Tests also need the shared library.
macro(mini_wasm_end)
  find_package(Threads REQUIRED)
  include(CheckLinkerFlag)
  check_linker_flag(CXX "-fuse-ld=lld;-Wl,--icf=safe" MINI_WASM_HAS_LLD)
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_LINK_OPTIONS -Wl,-z,pack-relative-relocs -Wl,--fatal-warnings)
  if(MINI_WASM_HAS_LLD)
    list(APPEND CMAKE_REQUIRED_LINK_OPTIONS -fuse-ld=lld)
  endif()
  check_cxx_source_compiles("#include <cstdlib>
    #if !defined(__GLIBC__) || !__GLIBC_PREREQ(2, 36)
    #error
    #endif
    int main() {}" MINI_WASM_HAS_PACKED_RELOCATIONS)
  unset(CMAKE_REQUIRED_LINK_OPTIONS)
  if(BUILD_SHARED_LIBS)
    set(MINI_WASM_STATIC mini_wasm_static CACHE INTERNAL "")
    mini_wasm_make_library(mini_wasm SHARED)
    mini_wasm_make_library(mini_wasm_static STATIC)
  else()
    set(MINI_WASM_STATIC mini_wasm CACHE INTERNAL "")
    mini_wasm_make_library(mini_wasm STATIC)
    if(MINI_WASM_TESTS)
      mini_wasm_make_library(mini_wasm_shared SHARED)
    endif()
  endif()
  add_library(mini_wasm::mini_wasm ALIAS mini_wasm)
  add_library(mini_wasm_internals INTERFACE)
  target_link_libraries(mini_wasm_internals INTERFACE mini_wasm_options ${MINI_WASM_STATIC})
  target_link_options(mini_wasm_internals INTERFACE -Wl,--gc-sections)
  if(MINI_WASM_JIT)
    target_compile_definitions(mini_wasm_internals INTERFACE MINI_WASM_JIT=1)
  endif()
  mini_wasm_check_shared_library()
endmacro()

# Tests of the shared library: that it gives programs what the public headers declare, and that it has no more machine
# code than it should (docs/performance.md, "Size"); the latter for the build that is measured there: optimised, for
# x86-64, by clang, linked by lld, with everything.
function(mini_wasm_check_shared_library)
  set(shared mini_wasm_shared)
  if(BUILD_SHARED_LIBS)
    set(shared mini_wasm)
  endif()
  if(NOT MINI_WASM_TESTS)
    return()
  endif()
  add_test(NAME library.exports COMMAND ${PROJECT_SOURCE_DIR}/cmake/check_exports.sh ${CMAKE_NM}
    $<TARGET_FILE:${shared}> $<TARGET_FILE:${MINI_WASM_STATIC}> ${CMAKE_C_COMPILER} ${PROJECT_BINARY_DIR}/include)
  if(MINI_WASM_JIT AND MINI_WASM_HAS_LLD AND MINI_WASM_HAS_TAIL_CALLS AND NOT MINI_WASM_DISPATCH STREQUAL "loop"
      AND NOT MINI_WASM_SANITIZE AND NOT MINI_WASM_FUZZ AND CMAKE_BUILD_TYPE STREQUAL "Release"
      AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    add_test(NAME library.size
      COMMAND ${PROJECT_SOURCE_DIR}/cmake/check_size.sh $<TARGET_FILE:${shared}> ${MINI_WASM_CODE_LIMIT})
  endif()
endfunction()

# mini_wasm_add_test(core_test foo_test.cc ...): one test program of a folder; each TEST becomes a ctest case.
function(mini_wasm_add_test name)
  if(NOT MINI_WASM_TESTS)
    return()
  endif()
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE mini_wasm_internals spec_support GTest::gtest_main GTest::gmock)
  list(LENGTH ARGN files)
  if(files GREATER 2)
    mini_wasm_precompile(${name} <gmock/gmock.h> <gtest/gtest.h> include/mini_wasm/mini_wasm.h)
  endif()
  set(timeout 120)
  if(CMAKE_CROSSCOMPILING_EMULATOR)
    set(timeout 1800)  # the slowest, which reduces a made-up program, takes nine minutes
  elseif(MINI_WASM_SANITIZE)
    set(timeout 600)  # several times as slow, and more on a busy machine
  endif()
  gtest_discover_tests(${name} TEST_PREFIX "${name}." PROPERTIES TIMEOUT ${timeout} DISCOVERY_TIMEOUT 60)
endfunction()
