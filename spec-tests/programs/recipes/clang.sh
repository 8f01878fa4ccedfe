# clang 22 and lld as one WASI module of 75 MB: compiles and links C and C++, mini-wasm runs the result.
# The npm package's own loader lays the module's resources out as /usr and calls it by a tool's name.

build() {
  npm_packages @yowasp/clang@22.0.0-git20542-10
  mv node_modules/@yowasp/clang/gen/llvm.core.wasm llvm.wasm
  mkdir usr
  tar -C usr -xf node_modules/@yowasp/clang/gen/llvm-resources.tar
  rm -rf node_modules
}

llvm() { run --argv0 "$1" --dir "$built/usr::/usr" --dir .::/w "$built/llvm.wasm" "${@:2}"; }

check() {
  local library=/usr/lib/wasm32-wasip1
  cp "$inputs"/* .
  llvm clang --version >version
  grep -q '^clang version 22' version || fail "clang --version"

  # No subprocesses in WASI: the driver compiles (in its own process), the linker is called as such.
  llvm clang -O2 -Wall -c /w/hello.c -o /w/hello.o
  llvm wasm-ld /w/hello.o "$library/crt1-command.o" -L"$library" -lc \
    /usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a -o /w/hello.wasm
  expect_status 5 run --env GREETING=hello hello.wasm one two >actual
  expect_same "the compiled C program's output" hello.expected actual

  llvm clang++ -O1 -fno-exceptions -c /w/sort.cc -o /w/sort.o
  llvm wasm-ld /w/sort.o "$library/crt1-command.o" -L"$library" -lc++ -lc++abi -lc \
    /usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a -o /w/sort.wasm
  printf '%s\n' pear apple fig apple | run sort.wasm | expect_same "the compiled C++ program's output" sort.expected -

  expect_status 1 llvm clang -fsyntax-only /w/wrong.c 2>actual
  expect_same "diagnostics" wrong.expected actual
}
