# wabt's tools: C++ with the standard library (libc++), virtual calls, hash maps, large switch statements.

wabt_tools=(wat2wasm wasm2wat wasm-objdump wasm-validate)

build() {
  local tool version include
  need_wasm_clang
  need_wasm_cxx
  need cmake
  debian_source wabt
  version=$(sed -n 's/^project(.*VERSION \([0-9.]*\).*/\1/p' source-wabt/CMakeLists.txt)
  cmake -DSOURCE="$PWD/source-wabt" -DVERSION="$version" -P "$files/configure.cmake"
  include=(-I. -Isource-wabt -Isource-wabt/include)
  compile "${include[@]}" -- source-wabt/src/opcode-code-table.c
  compile_cxx "${include[@]}" -- \
    $(without 'emscripten-helpers|decompiler|c-writer|opcnt|test-' source-wabt/src/*.cc) \
    $(printf 'source-wabt/src/tools/%s.cc\n' "${wabt_tools[@]}")
  for tool in "${wabt_tools[@]}"; do
    link "$tool.wasm" "objects/source-wabt_src_tools_$tool.cc.o" $(without _tools_ objects/*.o) -lc++ -lc++abi
  done
}

check() {
  local name
  need_native "${wabt_tools[@]}"
  cp "$inputs"/*.wat .
  for name in features names; do
    wat2wasm --debug-names $name.wat -o expected.wasm
    run --dir .::/w "$built/wat2wasm.wasm" --debug-names /w/$name.wat -o /w/actual.wasm
    expect_same "wat2wasm $name" expected.wasm actual.wasm
    wasm2wat expected.wasm >expected
    run --dir .::/w "$built/wasm2wat.wasm" /w/expected.wasm | expect_same "wasm2wat $name" expected -
  done

  # A whole program: one of the other modules of this folder.
  run --dir .::/w "$built/wasm-validate.wasm" /w/actual.wasm
  cp "$built/wasm-objdump.wasm" big.wasm
  wasm-objdump -h -x big.wasm | tail -n +2 >expected
  run --dir .::/w "$built/wasm-objdump.wasm" -h -x /w/big.wasm | tail -n +2 | expect_same "wasm-objdump" expected -

  wat2wasm wrong.wat 2>expected && fail "the native tool takes wrong.wat"
  expect_status 1 run --dir .::/ "$built/wat2wasm.wasm" wrong.wat 2>actual
  expect_same "error messages" expected actual
}
