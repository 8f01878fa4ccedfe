# ONNX Runtime for browsers: neural networks with SIMD, threads, relaxed SIMD. JavaScript runs it; here it is compiled
# whole: 14 MB and 17,000 functions; the same as Asyncify makes it, 27 MB; and with the exceptions of WebAssembly 3.0.

build() {
  npm_packages onnxruntime-web@1.30.0
  mv node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded{,.asyncify,.jspi}.wasm .
  rm -rf node_modules
}

check() {
  local name=$built/ort-wasm-simd-threaded
  need_native node
  expect_whole "$name.wasm" wb 100  # malloc
  expect_whole "$name.asyncify.wasm" Lc 100
  # Not every node takes this one. Its heap begins where its stack does, with a header of 8 bytes.
  "$MINI_WASM" validate "$name.jspi.wasm" >/dev/null
  run --compile=eager --unknown-imports=trap --invoke emscripten_stack_get_current "$name.jspi.wasm" >stack
  run --compile=eager --unknown-imports=trap --invoke malloc "$name.jspi.wasm" 100 >heap
  [ "$(cat heap)" = $(($(cat stack) + 8)) ] || fail "malloc gave $(cat heap), the stack is at $(cat stack)"
}
