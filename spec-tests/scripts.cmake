# Where the official test scripts are, and one test for each.
#
# The scripts are taken from MINI_WASM_SPEC_TESTSUITE (cache or environment variable: a folder with core/ in it), else from
# ../shared/spec-testsuite beside the project, else fetched at the pinned commit. Where none can be had, one test
# says so and counts as skipped.

# mini_wasm_find_spec_scripts(FOLDER REASON): sets the folder, or the reason why there is none.
function(mini_wasm_find_spec_scripts folder reason)
  set(MINI_WASM_SPEC_TESTSUITE "$ENV{MINI_WASM_SPEC_TESTSUITE}" CACHE PATH
    "The official test scripts: a folder with core/ in it; empty: beside the project, or fetched")
  set(${folder} "" PARENT_SCOPE)
  if(MINI_WASM_SPEC_TESTSUITE)
    if(IS_DIRECTORY "${MINI_WASM_SPEC_TESTSUITE}/core")
      set(${folder} "${MINI_WASM_SPEC_TESTSUITE}" PARENT_SCOPE)
    else()
      set(${reason} "MINI_WASM_SPEC_TESTSUITE=${MINI_WASM_SPEC_TESTSUITE} has no folder core" PARENT_SCOPE)
    endif()
    return()
  endif()
  get_filename_component(beside "${PROJECT_SOURCE_DIR}/../shared/spec-testsuite" ABSOLUTE)
  if(IS_DIRECTORY "${beside}/core")
    set(${folder} "${beside}" PARENT_SCOPE)
    return()
  endif()
  set(fetched "${PROJECT_BINARY_DIR}/spec-testsuite")
  execute_process(COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/obtain.sh "${fetched}"
    RESULT_VARIABLE failed OUTPUT_VARIABLE message ERROR_VARIABLE message OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(failed)
    set(${reason} "${message}" PARENT_SCOPE)
  else()
    set(${folder} "${fetched}" PARENT_SCOPE)
  endif()
endfunction()

# A test that counts as skipped and prints why.
function(mini_wasm_add_skipped_test name reason)
  message(STATUS "${name}: skipped: ${reason}")
  add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -E echo "skipped: ${reason}")
  set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "^skipped: ")
endfunction()

# mini_wasm_add_spec_tests(SUITE SCRIPTS...): one test per script, on every tier.
function(mini_wasm_add_spec_tests suite)
  file(GLOB lists CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/expected-failures/*.txt)
  list(TRANSFORM lists PREPEND "--expect-failures;" OUTPUT_VARIABLE expected)
  set(plain_tiers --tier=interp)
  if(MINI_WASM_JIT)
    list(APPEND plain_tiers --tier=jit --tier=auto)
  endif()
  foreach(script IN LISTS ARGN)
    string(REGEX REPLACE "^core/|\\.wast$" "" name "${script}")
    string(REPLACE "/" "." name "${name}")
    add_test(NAME spec.${name}
      COMMAND mini-wasm-cli wast --root "${suite}" ${expected} "${suite}/${script}")
    set_tests_properties(spec.${name} PROPERTIES LABELS spec TIMEOUT 300)
    # Once more for an old CPU with hardly any registers.
    if(MINI_WASM_JIT)
      add_test(NAME spec.few-registers.${name}
        COMMAND mini-wasm-cli wast --few-registers --oldest-cpu --tier=jit --tier=jit-checked --root "${suite}"
          ${expected} "${suite}/${script}")
      set_tests_properties(spec.few-registers.${name} PROPERTIES LABELS spec TIMEOUT 300)
    endif()
    # Once more with rubbish above the 32-bit values in slots.
    add_test(NAME spec.poison-slots.${name}
      COMMAND mini-wasm-cli wast --poison-slots ${plain_tiers} --root "${suite}" ${expected} "${suite}/${script}")
    set_tests_properties(spec.poison-slots.${name} PROPERTIES LABELS spec TIMEOUT 300)
    # Once more where every second memory has no guard pages, and bounds hold for what the CPU guesses.
    add_test(NAME spec.few-addresses.${name}
      COMMAND mini-wasm-cli wast --few-addresses --speculation-guards ${plain_tiers} --root "${suite}" ${expected} "${suite}/${script}")
    set_tests_properties(spec.few-addresses.${name} PROPERTIES LABELS spec TIMEOUT 300)
    # Once more with code from the cache (runtime/cache/module_cache.h).
    add_test(NAME spec.cached.${name}
      COMMAND mini-wasm-cli wast --cached ${plain_tiers} --root "${suite}" ${expected} "${suite}/${script}")
    set_tests_properties(spec.cached.${name} PROPERTIES LABELS spec TIMEOUT 300)
    # Scripts that make objects run once more with a collection at every allocation.
    if(script MATCHES "/gc/|exceptions/")
      add_test(NAME spec.gc-stress.${name}
        COMMAND mini-wasm-cli wast --gc-stress --root "${suite}" ${expected} "${suite}/${script}")
      set_tests_properties(spec.gc-stress.${name} PROPERTIES LABELS spec TIMEOUT 300)
    endif()
  endforeach()
endfunction()

# mini_wasm_extract_modules(DESTINATION SUITE SCRIPTS...): at build time, the scripts' modules as binary files.
function(mini_wasm_extract_modules destination suite)
  list(TRANSFORM ARGN PREPEND "${suite}/" OUTPUT_VARIABLE paths)
  add_custom_command(OUTPUT "${destination}.stamp"
    COMMAND ${CMAKE_COMMAND} -E rm -rf "${destination}"
    COMMAND extract_modules "${destination}" ${paths}
    COMMAND ${CMAKE_COMMAND} -E touch "${destination}.stamp"
    DEPENDS extract_modules ${paths}
    COMMENT "Extracting the modules of the official test scripts"
    VERBATIM)
  add_custom_target(spec_modules ALL DEPENDS "${destination}.stamp")
endfunction()
