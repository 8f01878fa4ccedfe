# Biome, a formatter of JavaScript in Rust: 46 MB, 36,000 functions, 58 imports from JavaScript by wasm-bindgen.
# Compiled whole, which takes the JIT a second and 170 MB; its allocator is called.

build() {
  npm_packages @biomejs/wasm-nodejs@2.5.14
  mv node_modules/@biomejs/wasm-nodejs/biome_wasm_bg.wasm .
  rm -rf node_modules
}

check() {
  need_native node
  expect_whole "$built/biome_wasm_bg.wasm" memoryfilesystem_new
}
