#!/usr/bin/env bash
# Plants bad includes in a made-up tree: check.sh must find each of them.
set -u
check=$(cd "$(dirname "$0")" && pwd)/check.sh
tree=$(mktemp -d) || exit 2
trap 'rm -rf "$tree"' EXIT
failed=0

expect() {  # VERDICT(0|1) FILE INCLUDE
  rm -rf "${tree:?}"/*
  mkdir -p "$tree/$(dirname "$2")"
  printf '#include %s\n' "$3" >"$tree/$2"
  "$check" "$tree" >/dev/null
  local verdict=$?
  [ $verdict = "$1" ] || { echo "$2 with $3: exit code $verdict, not $1"; failed=1; }
}

expect 0 runtime/a.cc '"core/opcode.h"'
expect 0 runtime/a.cc '"a.h"'
expect 0 runtime/a_test.cc '"spec-tests/support/wat.h"'
expect 0 include/mini_wasm/a.h '<mini_wasm/b.h>'
expect 0 include/mini_wasm/a.h '<vector>'
expect 1 core/a.cc '"runtime/store.h"'
expect 1 core/a.cc '"decoder/module.h"'
expect 1 decoder/a.cc '"validator/a.h"'
expect 1 runtime/a.h '"interp/code.h"'
expect 1 interp/a.h '"wasi/abi.h"'
expect 1 wasi/a.h '"interp/code.h"'
expect 0 cli/a.cc '"scripts/run_scripts.h"'
expect 1 spec-tests/a.cc '"cli/main.h"'
expect 1 wasi/a.cc '"cli/main.h"'
expect 1 runtime/a.cc '"spec-tests/support/wat.h"'
expect 1 include/mini_wasm/a.h '"core/opcode.h"'
expect 1 include/mini_wasm/a.h '<sys/mman.h>'
expect 1 examples/a.cc '"runtime/store.h"'
expect 1 runtime/a.cc '"../core/opcode.h"'
expect 1 runtime/a.cc '<asmjit/x86.h>'
expect 1 core/a.cc '<gtest/gtest.h>'
# cycles.sh: a circle of headers, and a CPU that is known where it must not be.
cycles=$(dirname "$check")/cycles.sh
expect_cycles() {  # VERDICT FILE INCLUDE FILE INCLUDE
  rm -rf "${tree:?}"/*
  mkdir -p "$tree/$(dirname "$2")" "$tree/$(dirname "$4")"
  printf '#include %s\n' "$3" >"$tree/$2"
  printf '#include %s\n' "$5" >"$tree/$4"
  "$cycles" "$tree" >/dev/null
  local verdict=$?
  [ $verdict = "$1" ] || { echo "$2 with $3, $4 with $5: exit code $verdict, not $1"; failed=1; }
}
expect_cycles 0 core/a.h '"core/b.h"' core/b.h '<vector>'
expect_cycles 1 core/a.h '"core/b.h"' core/b.h '"core/a.h"'
expect_cycles 1 include/mini_wasm/a.h '<mini_wasm/b.h>' include/mini_wasm/b.h '<mini_wasm/a.h>'
expect_cycles 0 jit/backend.cc '"jit/x64/backend.h"' core/b.h '"core/c.h"'
expect_cycles 1 jit/other.cc '"jit/x64/backend.h"' core/b.h '"core/c.h"'

exit $failed
