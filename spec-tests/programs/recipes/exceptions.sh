# C++ with exceptions, compiled by clang 22 in both encodings: try_table with exnref, and try/catch/delegate/rethrow of
# the first proposal. It prints what the native build prints.
# The run-time library is that of LLVM, as Debian's emscripten has it.

build() {
  need c++ node
  npm_packages @yowasp/clang@22.0.0-git20542-10
  debian_source emscripten
  cp "$files/compile.mjs" .
  node compile.mjs "$files" source-emscripten/system/lib/libcxxabi
  c++ -std=c++17 -O2 -w -o native "$files/exceptions.cc"
  rm -rf node_modules source-emscripten
}

check() {
  "$built/native" >expected
  run "$built/exnref.wasm" | expect_same "exceptions with exnref" expected -
  run "$built/legacy.wasm" | expect_same "legacy exceptions" expected -
  expect_status 1 run --wasm=-legacy-exceptions "$built/legacy.wasm" 2>actual
  grep -q -e "--wasm=legacy-exceptions" actual || fail "it should say how to switch them on: $(cat actual)"
}
