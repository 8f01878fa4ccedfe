#!/bin/sh
# Builds the kernels twice: OUTDIR/<name>.wasm for WASI and OUTDIR/<name> for this machine.
#   build.sh OUTDIR [NAME...]       without names: all of them
# WASI_CC and CC choose the compilers. The flags are the same for both builds but
# for -ffp-contract=off, which keeps a native compiler from fusing a * b + c.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ $# -lt 1 ]; then
  sed -n '2,5s/^# *//p' "$0" >&2
  exit 2
fi
out=$1
shift
if [ $# -eq 0 ]; then
  for source in "$here"/*.c; do
    set -- "$@" "$(basename "$source" .c)"
  done
fi
if [ -z "${WASI_CC:-}" ]; then
  WASI_CC=clang
  command -v clang-19 >/dev/null && WASI_CC=clang-19
fi
: "${CC:=$WASI_CC}"
flags="-std=c11 -O2 -Wall -Wextra -fno-math-errno -ffp-contract=off"
mkdir -p "$out"
for name; do
  # Vectors in *_simd alone: the others are for runtimes with and without SIMD.
  case $name in
    *_simd) wasm="--target=wasm32-wasi -msimd128" ;;
    *) wasm="--target=wasm32-wasi -mno-simd128" ;;
  esac
  # Two steps, and no -O in the second: with one, clang runs whatever wasm-opt is
  # on PATH, and clang 19's --no-wasm-opt leaves out the link itself.
  # shellcheck disable=SC2086
  $WASI_CC $flags $wasm -c -o "$out/$name.wasm.o" "$here/$name.c"
  # shellcheck disable=SC2086
  $WASI_CC $wasm -Wl,-z,stack-size=1048576 -Wl,--strip-all -o "$out/$name.wasm" "$out/$name.wasm.o"
  rm "$out/$name.wasm.o"
  # shellcheck disable=SC2086
  $CC $flags -o "$out/$name" "$here/$name.c" -lm
done
