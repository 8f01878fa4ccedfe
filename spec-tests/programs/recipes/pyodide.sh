# Pyodide: CPython for browsers, 9.6 MB, 17,000 functions, built by Emscripten with exceptions and 8,600 exports.
# JavaScript runs it; here it is compiled whole, and two functions without a state are called.

build() {
  npm_packages pyodide@314.0.7
  mv node_modules/pyodide/pyodide.asm.wasm .
  rm -rf node_modules
}

check() {
  need_native node
  expect_whole "$built/pyodide.asm.wasm" _PyUnicode_ToUppercase 233  # é becomes É, 201
  echo 201 | expect_same "the capital letter" whole.actual -
  expect_whole "$built/pyodide.asm.wasm" _Py_HashDouble 0 0.5
}
