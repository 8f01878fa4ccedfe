# cmake -DCOMPILER=... -DHEADERS=FOLDER -DMADE_HEADERS=FOLDER -DFILE=... -DCASE=N -DEXPECTED=REGEX -P check.cmake:
# compiles a case of cases.cc with the public headers, of which CMake has made some. Without EXPECTED it has to
# compile; otherwise there is one error, which says that.
execute_process(COMMAND ${COMPILER} -I${HEADERS} -I${MADE_HEADERS} -std=c++20 -fsyntax-only -DCASE=${CASE} ${FILE}
  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
string(REGEX MATCHALL "error: " errors "${output}")
list(LENGTH errors count)
if(NOT EXPECTED)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "case ${CASE} does not compile:\n${output}")
  endif()
elseif(status EQUAL 0 OR NOT count EQUAL 1 OR NOT output MATCHES "error: [^\n]*${EXPECTED}")
  message(FATAL_ERROR "case ${CASE}: expected one error, \"${EXPECTED}\", found ${count}:\n${output}")
endif()
