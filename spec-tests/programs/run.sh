#!/bin/bash
# Tests one real program (see build.sh): builds it if need be, then runs its recipe's `check` in an
# empty folder, which runs the module with mini-wasm and compares with the native program.
#
#   MINI_WASM=.../mini-wasm [MINI_WASM_FLAGS="--tier=interp"] run.sh NAME
#
# Exit code: 0 passed, 1 failed (the difference is printed), 77 skipped (the reason is printed).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/toolchain.sh"
name=${1:?usage: run.sh NAME}
: "${MINI_WASM:?must be the path of mini-wasm}"
MINI_WASM=$(realpath "$MINI_WASM")
read -r -a mini_wasm_flags <<<"${MINI_WASM_FLAGS-}"

"$here/build.sh" "$name"
built=$(realpath "$cache/$name")
inputs=$here/inputs/$name
if [ -f "$built/unavailable" ]; then echo "skipped: $(cat "$built/unavailable")"; exit 77; fi
source "$here/recipes/$name.sh"

# --- what a check can call ---

skip() { echo "skipped: $*"; exit 77; }
fail() { echo "FAILED: $*"; exit 3; }

# need_native TOOL...: the native program to compare with.
need_native() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || skip "$tool, to compare with, is not installed"
  done
}

# run [--dir HOST[::GUEST]]... [--env K=V]... FILE [ARGS...]
run() { "$MINI_WASM" run "${mini_wasm_flags[@]}" "$@"; }

# The same program in node, which has WASI of its own: this folder is its /, $ARGV0 its name.
node_run() { node --no-warnings "$here/files/node/wasi.mjs" "$@"; }

# expect_whole FILE FUNCTION [NUMBER...]: for a module that needs more than a command line gives. It is valid, all of
# its functions are compiled, and one of them, with stand-ins for what the module imports, returns what it does in node.
expect_whole() {
  local file=$1 code
  "$MINI_WASM" validate "$file" >/dev/null
  run -v --compile=eager --unknown-imports=trap --invoke "$2" "$file" "${@:3}" >whole.actual 2>whole.said
  node --no-warnings --experimental-wasm-type-reflection "$here/files/node/stand_ins.mjs" "$@" >whole.expected
  expect_same "$(basename "$file") $2" whole.expected whole.actual
  # In any tier that is more than was there before.
  code=$(sed -n 's/.* functions, \([0-9]*\) bytes of code made of them in .*/\1/p' whole.said)
  [ "${code:-0}" -gt "$(stat -c %s "$file")" ] || fail "not all of $file was compiled: $(cat whole.said)"
}

# expect_status CODE COMMAND...: the command ends with this exit code. Its output is kept.
expect_status() {
  local expected=$1 actual=0
  shift
  "$@" || actual=$?
  [ "$actual" = "$expected" ] || fail "exit code $actual instead of $expected: $*"
}

# expect_same WHAT EXPECTED ACTUAL: files (- is stdin) with the same bytes.
expect_same() {
  local what=$1 expected=$2 actual=$3
  if [ "$actual" = - ]; then cat >actual.stdin; actual=actual.stdin; fi
  if cmp -s "$expected" "$actual"; then echo "ok: $what"; return 0; fi
  diff -u --text --label expected --label actual "$expected" "$actual" | head -n 60 || true
  fail "$what"
}

expect_missing() { [ ! -e "$1" ] || fail "$1 still exists"; }

# A command of a check that fails fails the check, whatever its exit code; `fail` has already said why.
finish() {
  local status=$?
  rm -rf "$work"
  case $status in
    0 | 77) ;;
    3) exit 1 ;;
    *) echo "FAILED: a command of the check ended with $status"; exit 1 ;;
  esac
}

work=$(mktemp -d)
trap finish EXIT
cd "$work"
check
echo "$name: passed"
