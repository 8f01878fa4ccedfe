#!/bin/bash
# Builds one guest program and runs it with mini-wasm in an empty directory.
#
#   MINI_WASM=.../mini-wasm [MINI_WASM_FLAGS="--tier=interp"] run.sh guests/NAME.c
#
# A guest is C (compiled with clang-19 and wasi-libc) or WAT (wabt). Comments in it say how it is run and what must come
# out; all but the output are optional, and in WAT a comment starts with ";;":
#   // cflags: WORDS        more options for the compiler; for linking: ldflags
#   // prepare: COMMAND    run by the shell in the empty directory first; data/ is there already
#   // options: WORDS      for `mini-wasm run`; without any, `--dir data::/`
#   // args: WORDS         for the guest
#   // stdin: TEXT         (printf escapes)
#   // status: N           the exit code, 0 if not said
#   // check: COMMAND      run by the shell afterwards; must succeed
#   // output:             every following comment line is a line of the guest's standard output
#
# With MINI_WASM_IN_MEMORY=1 the guest gets a copy of data/ in memory; data/ must then stay as it is, instead of `check`.
#
# Another wasi-libc than Debian's: WASI_LIBC, a folder with its include/ and in lib/ its crt1-command.o, libc.a and
# compiler's builtins.a; WASI_CFLAGS are options for the compiler after the guest's own.
#
# Exit code: 0 passed, 1 failed (the difference is printed), 77 skipped (the reason is printed).
set -euo pipefail

guest=$(realpath "${1:?usage: run.sh GUEST}")
: "${MINI_WASM:?must be the path of mini-wasm}"
MINI_WASM=$(realpath "$MINI_WASM")
read -r -a flags <<<"${MINI_WASM_FLAGS-}"

skip() { echo "skipped: $*"; exit 77; }
fail() { echo "FAILED: $*"; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/run" "$work/run/data"

# directive NAME: the text after "// NAME:", one line for each time that it is said.
directive() { sed -nE "s,^(//|;;) $1: ?,,p" "$guest"; }

case $guest in
  *.c)
    command -v clang-19 >/dev/null && command -v wasm-ld-19 >/dev/null || skip "clang-19 or lld-19 is not installed"
    [ -n "${WASI_LIBC-}" ] || [ -f /usr/lib/wasm32-wasi/libc.a ] || skip "wasi-libc is not installed"
    # No -O when linking: with it clang runs any wasm-opt that it finds.
    read -r -a compile <<<"$(directive cflags) ${WASI_CFLAGS-}"
    read -r -a link <<<"$(directive ldflags)"
    if [ -n "${WASI_LIBC-}" ]; then
      compile+=(-nostdlibinc -idirafter "$WASI_LIBC/include")  # after the compiler's own
      link+=(-nostdlib "$WASI_LIBC/lib/"{crt1-command.o,libc.a,builtins.a})
    fi
    clang-19 --target=wasm32-wasi -O1 -Wall -Wno-unused-result "${compile[@]}" -c -o "$work/guest.o" "$guest"
    clang-19 --target=wasm32-wasi "${link[@]}" -o "$work/guest.wasm" "$work/guest.o"
    ;;
  *.wat)
    "$MINI_WASM" wat2wasm "$guest" -o "$work/guest.wasm"
    ;;
esac

expected_output() { sed -nE '/^(\/\/|;;) output:/,/^$/ { /^(\/\/|;;) output:/d; s,^(//|;;) ?,,p; }' "$guest"; }

cd "$work/run"
while IFS= read -r command; do bash -ec "$command"; done < <(directive prepare)
options=$(directive options)
if [ -n "${MINI_WASM_IN_MEMORY-}" ]; then
  [ -z "$options" ] || fail "only a guest without options can run in memory"
  options="--memory-dir data::/"
  cp -a data ../before
fi
read -r -a words <<<"${options:---dir data::/}"
read -r -a args <<<"$(directive args)"
printf "$(directive stdin)" >"$work/stdin"
expected_output >"$work/expected"

status=0
"$MINI_WASM" run "${flags[@]}" "${words[@]}" "$work/guest.wasm" "${args[@]}" \
  <"$work/stdin" >"$work/stdout" 2>"$work/stderr" || status=$?
wanted=$(directive status)
diff -u "$work/expected" "$work/stdout" || { cat "$work/stderr"; fail "standard output differs"; }
[ "$status" = "${wanted:-0}" ] || { cat "$work/stderr"; fail "exit code $status, expected ${wanted:-0}"; }
if [ -n "${MINI_WASM_IN_MEMORY-}" ]; then
  diff -r --no-dereference ../before data || fail "the host's directory has changed"
  exit 0
fi
while IFS= read -r command; do bash -ec "$command" || fail "check: $command"; done < <(directive check)
