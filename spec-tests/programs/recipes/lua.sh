# Lua: a byte-code interpreter in the interpreter; a jump per instruction, hashing, garbage collection.

build() {
  need_wasm_clang
  debian_source lua5.4
  compile -I"$files" -- $(without luac source-lua5.4/src/*.c)
  link lua.wasm objects/*.o
}

check() {
  need_native lua5.4
  lua5.4 "$inputs/program.lua" one two >expected
  run --dir "$inputs::/scripts" "$built/lua.wasm" /scripts/program.lua one two |
    expect_same "a script" expected -
  echo 'print(...) print(#arg, _VERSION)' | run "$built/lua.wasm" - a b >actual
  echo 'print(...) print(#arg, _VERSION)' | lua5.4 - a b | expect_same "a script on stdin" - actual
  expect_status 1 run "$built/lua.wasm" -e 'error("nobody catches this")' 2>actual
}
