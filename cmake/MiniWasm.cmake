# The project's own CMake vocabulary: one object library per folder, gathered into one library `mini_wasm`.
include(FetchContent)

# The most bytes of machine code (sections .text) that the library may have; see mini_wasm_check_size.
set(MINI_WASM_CODE_LIMIT 2530000)

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
  # The version has one place, project(VERSION); the library and the command line read it from this header.
  configure_file(include/mini_wasm/version.h.in include/mini_wasm/version.h @ONLY)
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

# How a release build is optimised: with -O2, because -O3 makes 8 % more code that executes as many instructions; and for
# size what is executed seldom: mini_wasm_optimize_size(target) for all sources, or (target foo.cc bar.cc). That makes a
# quarter less code, and would cost the compiler and the walk over function bodies a tenth of their speed.
function(mini_wasm_optimize target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O2>)
endfunction()
function(mini_wasm_optimize_size target)
  if(ARGN)
    set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_OPTIONS $<$<CONFIG:Release>:-Os>)
  else()
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-Os>)
  endif()
endfunction()

# mini_wasm_add_library(core foo.cc bar.cc): the sources of one folder, without RTTI. Exceptions are for std::bad_alloc
# alone (core/guarded.h).
function(mini_wasm_add_library folder)
  add_library(mini_wasm_${folder} OBJECT ${ARGN})
  target_link_libraries(mini_wasm_${folder} PUBLIC mini_wasm_options)
  mini_wasm_harden(mini_wasm_${folder})
  mini_wasm_optimize(mini_wasm_${folder})
  target_compile_options(mini_wasm_${folder} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)
  set(MINI_WASM_FOLDERS ${MINI_WASM_FOLDERS} mini_wasm_${folder} CACHE INTERNAL "")
endfunction()

macro(mini_wasm_end)
  add_library(mini_wasm)
  foreach(folder ${MINI_WASM_FOLDERS})
    target_sources(mini_wasm PRIVATE $<TARGET_OBJECTS:${folder}>)
  endforeach()
  find_package(Threads REQUIRED)
  target_link_libraries(mini_wasm PUBLIC mini_wasm_options Threads::Threads)
  # What is cached belongs to one build: its id says which (runtime/system/image.h).
  target_link_options(mini_wasm PUBLIC -Wl,--build-id=sha1)
  if(MINI_WASM_JIT)
    target_link_libraries(mini_wasm PRIVATE asmjit::asmjit)
    target_compile_definitions(mini_wasm PUBLIC MINI_WASM_JIT=1)
  endif()
  if(BUILD_SHARED_LIBS)
    set_target_properties(mini_wasm PROPERTIES SOVERSION ${PROJECT_VERSION_MAJOR} VERSION ${PROJECT_VERSION})
    # What comes from static libraries is nobody else's business; and that asmjit's is not built for shared libraries.
    target_link_options(mini_wasm PRIVATE -Wl,--exclude-libs,ALL)
    if(MINI_WASM_JIT)
      target_sources(mini_wasm PRIVATE jit/x64/asmjit_diagnostics.cc)
    endif()
  endif()
  add_library(mini_wasm::mini_wasm ALIAS mini_wasm)
  mini_wasm_check_size()
endmacro()

# A test that fails when the library has more machine code than it should (docs/performance.md, "Size"). For the build that
# is measured there: optimised, for x86-64, by clang, with everything.
function(mini_wasm_check_size)
  if(MINI_WASM_TESTS AND MINI_WASM_JIT AND MINI_WASM_HAS_TAIL_CALLS AND NOT MINI_WASM_DISPATCH STREQUAL "loop"
      AND NOT MINI_WASM_SANITIZE AND NOT MINI_WASM_FUZZ AND CMAKE_BUILD_TYPE STREQUAL "Release"
      AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    add_test(NAME library.size
      COMMAND ${PROJECT_SOURCE_DIR}/cmake/check_size.sh $<TARGET_FILE:mini_wasm> ${MINI_WASM_CODE_LIMIT})
  endif()
endfunction()

# mini_wasm_add_test(core_test foo_test.cc ...): one test program of a folder; each TEST becomes a ctest case.
function(mini_wasm_add_test name)
  if(NOT MINI_WASM_TESTS)
    return()
  endif()
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE mini_wasm spec_support GTest::gtest_main GTest::gmock)
  set(timeout 120)
  if(MINI_WASM_SANITIZE)
    set(timeout 600)  # several times as slow, and more on a busy machine
  endif()
  gtest_discover_tests(${name} TEST_PREFIX "${name}." PROPERTIES TIMEOUT ${timeout} DISCOVERY_TIMEOUT 60)
endfunction()
