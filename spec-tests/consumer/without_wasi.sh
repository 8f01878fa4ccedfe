#!/bin/sh
# without_wasi.sh BUILD SOURCE COMPILER WORK MINI_WASM AR NM: what -DMINI_WASM_WASI=OFF makes of the library and the
# command line. To build all of it again would take minutes, and its objects are those of BUILD without the folder wasi/;
# so the library is made of these.
set -eu
build=$1 source=$2 compiler=$3 work=$4 mini_wasm=$5 ar=$6 nm=$7
here=$(dirname "$(readlink -f "$0")")
fail() { echo "$*"; exit 1; }
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }

rm -rf "$work"
mkdir -p "$work"
quietly cmake -G Ninja -S "$source" -B "$work/build" -DMINI_WASM_WASI=OFF -DMINI_WASM_TESTS=OFF \
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$compiler"
ninja -C "$work/build" -t targets all >"$work/targets"
grep -q '^runtime/.*/store.cc.o:' "$work/targets" || fail "no objects are built: $(head "$work/targets")"
! grep '^wasi/\|^capi/.*/wasi[a-z_]*\.cc\.o:' "$work/targets" || fail "the folder wasi/ is built"
! grep 'run_wasi\|wasi_program.cc.o:' "$work/targets" | grep -v no_wasi_program || fail "programs with WASI are built"

find "$build" -path '*/CMakeFiles/mini_wasm_*.dir/*.o' -not -path "$build/wasi/*" \
  -not -path "$build/capi/*/wasi*" -print0 |
  xargs -0 "$ar" qcs "$work/build/libmini_wasm.a"
quietly cmake --install "$work/build" --prefix "$work/prefix" --component dev
[ -f "$work/prefix/include/mini_wasm/store.h" ] || fail "no headers are installed"
[ ! -e "$work/prefix/include/mini_wasm/wasi.h" ] && [ ! -e "$work/prefix/include/wasi.h" ] || fail "the header of WASI is installed"
quietly cmake -G Ninja -S "$here" -B "$work/consumer" -DHOW=find_package -DCMAKE_PREFIX_PATH="$work/prefix" \
  -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS="-fno-exceptions -Wall -Wextra -Wpedantic -Wshadow -Werror"
quietly cmake --build "$work/consumer"
"$work/consumer/consumer" | grep '^mini-wasm [0-9.]*: i32:42$'

# The command line. It is linked with the whole library, of which it must need nothing in the folder wasi/.
if "$nm" -C "$mini_wasm" | grep -m1 'mini_wasm::\(wasi::\|Wasi\)'; then fail "$mini_wasm has WASI"; fi
cat >"$work/plain.wat" <<'END'
(module (func (export "_start")) (func (export "add") (param i32 i32) (result i32)
  (i32.add (local.get 0) (local.get 1))))
END
cat >"$work/wasi.wat" <<'END'
(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (func (export "_start")))
END
[ "$("$mini_wasm" run --invoke add "$work/plain.wat" 2 40)" = 42 ] || fail "--invoke"
"$mini_wasm" run "$work/plain.wat" || fail "a program without imports"
expect() {
  status=0
  wanted=$1 text=$2
  shift 2
  "$mini_wasm" run "$@" 2>"$work/stderr" || status=$?
  [ "$status" = "$wanted" ] || fail "exit code $status instead of $wanted: $*"
  grep -q "$text" "$work/stderr" || fail "no word of \"$text\": $(cat "$work/stderr")"
}
expect 1 'unknown import.*built without WASI' "$work/wasi.wat"
expect 2 '^mini-wasm: --dir: this mini-wasm is built without WASI$' --dir . "$work/plain.wat"
expect 2 '^mini-wasm: --env: ' --env A=1 "$work/plain.wat"
"$mini_wasm" run --unknown-imports=zero "$work/wasi.wat" || fail "--unknown-imports"
