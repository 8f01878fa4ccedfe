# Where the official test scripts are, their conversion at build time, and one test for each.
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

# mini_wasm_convert_spec_scripts(SOURCE DESTINATION SCRIPTS): at build time, see convert.sh.
function(mini_wasm_convert_spec_scripts source destination)
  list(TRANSFORM ARGN PREPEND "${source}/" OUTPUT_VARIABLE paths)
  set(stamp "${destination}.stamp")
  add_custom_command(OUTPUT "${stamp}"
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/convert.sh "${source}" "${destination}"
    COMMAND ${CMAKE_COMMAND} -E touch "${stamp}"
    DEPENDS convert.sh ${paths}
    COMMENT "Converting the official test scripts"
    VERBATIM)
  add_custom_target(spec_scripts ALL DEPENDS "${stamp}")
endfunction()

# One test per script, on every tier.
function(mini_wasm_add_spec_tests destination)
  file(GLOB lists CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/expected-failures/*.txt)
  list(TRANSFORM lists PREPEND "--expect-failures;" OUTPUT_VARIABLE expected)
  foreach(script IN LISTS ARGN)
    string(REGEX REPLACE "\\.wast$" "" script "${script}")
    string(REPLACE "/" "." name "${script}")
    add_test(NAME spec.${name}
      COMMAND spec-runner --root "${destination}" ${expected} "${destination}/${script}.json")
    set_tests_properties(spec.${name} PROPERTIES LABELS spec TIMEOUT 300 SKIP_RETURN_CODE 77)
  endforeach()
endfunction()
