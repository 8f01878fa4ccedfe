# What `cmake --install` copies, and the Debian packages that cpack makes of it. Components: `lib` (the shared library),
# `dev` (headers, the static library, what finds them) and `cli` (the command line).
include(CMakePackageConfigHelpers)

install(TARGETS mini_wasm EXPORT mini_wasmTargets
  LIBRARY COMPONENT lib NAMELINK_COMPONENT dev
  ARCHIVE COMPONENT dev)
set(MINI_WASM_NO_HEADER "")
set(MINI_WASM_C_HEADERS include/wasm.h include/wasm.hh include/mini_wasm.h)
if(MINI_WASM_WASI)
  list(APPEND MINI_WASM_C_HEADERS include/wasi.h)
else()
  set(MINI_WASM_NO_HEADER PATTERN wasi.h EXCLUDE)
endif()
install(DIRECTORY include/mini_wasm DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev
  FILES_MATCHING PATTERN "*.h" PATTERN "*.def" ${MINI_WASM_NO_HEADER})
install(FILES ${MINI_WASM_C_HEADERS} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)
install(FILES ${PROJECT_BINARY_DIR}/include/mini_wasm/version.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/mini_wasm
  COMPONENT dev)

# find_package(mini_wasm). Before version 1, a program needs the minor version that it was written for.
set(MINI_WASM_CONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/mini_wasm)
install(EXPORT mini_wasmTargets NAMESPACE mini_wasm:: DESTINATION ${MINI_WASM_CONFIG_DIR} COMPONENT dev)
# A static library needs the libraries that it uses.
set(MINI_WASM_NEEDS_ASMJIT FALSE)
if(MINI_WASM_JIT AND NOT BUILD_SHARED_LIBS)
  set(MINI_WASM_NEEDS_ASMJIT TRUE)
endif()
configure_package_config_file(cmake/mini_wasmConfig.cmake.in mini_wasmConfig.cmake
  INSTALL_DESTINATION ${MINI_WASM_CONFIG_DIR})
write_basic_package_version_file(mini_wasmConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/mini_wasmConfig.cmake ${PROJECT_BINARY_DIR}/mini_wasmConfigVersion.cmake
  DESTINATION ${MINI_WASM_CONFIG_DIR} COMPONENT dev)

# pkg-config. The file finds the rest relative to itself, so the installation can be moved.
file(RELATIVE_PATH MINI_WASM_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
set(MINI_WASM_PC_PRIVATE "-lstdc++ -lm -pthread")  # the first two for programs in C
if(MINI_WASM_NEEDS_ASMJIT)
  string(PREPEND MINI_WASM_PC_PRIVATE "-lasmjit -lrt ")
endif()
# A program that links the static library links all that it needs, whether it asks for --static or not.
set(MINI_WASM_PC_LIBS "")
if(NOT BUILD_SHARED_LIBS)
  set(MINI_WASM_PC_LIBS " ${MINI_WASM_PC_PRIVATE}")
endif()
configure_file(cmake/mini_wasm.pc.in mini_wasm.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/mini_wasm.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)

if(NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()

# Debian packages, of a build with BUILD_SHARED_LIBS: cpack -G DEB
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mini-wasm)
set(CPACK_PACKAGE_CONTACT "mini-wasm developers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "WebAssembly engine")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL lib dev cli)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(CPACK_DEBIAN_LIB_PACKAGE_NAME libmini-wasm${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_LIB_PACKAGE_SECTION libs)
set(CPACK_COMPONENT_LIB_DESCRIPTION "WebAssembly engine: the shared library")
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libmini-wasm-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "${CPACK_DEBIAN_LIB_PACKAGE_NAME} (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_DEV_DESCRIPTION "WebAssembly engine: headers for programs that embed it")
set(CPACK_DEBIAN_CLI_PACKAGE_NAME mini-wasm)
set(CPACK_DEBIAN_CLI_PACKAGE_SECTION utils)
set(CPACK_COMPONENT_CLI_DESCRIPTION "WebAssembly engine: the command line, which runs WebAssembly programs")
include(CPack)
