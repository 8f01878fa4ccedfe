# Loops that compilers turn into vector instructions, of every lane type, and hand-written ones: their checksums are
# those of the native build.

build() {
  need_wasm_clang
  local exact=(-ffp-contract=off -fno-math-errno)
  compile -msimd128 "${exact[@]}" -- "$files/kernels.c"
  link simd.wasm objects/*.o
  "$wasm_clang" -O2 "${exact[@]}" -o native "$files/kernels.c" -lm
}

check() {
  "$built/native" >expected
  run "$built/simd.wasm" | expect_same "the checksums" expected -
}
