#!/usr/bin/env bash
# list_c_functions.sh COMPILER INCLUDES: prints the functions that the C headers declare, one on a line, as the compiler
# sees them after its macros. One that is defined in a header is followed by the word `inline`. INCLUDES: the folder of
# mini_wasm/version.h.
set -euo pipefail
printf '#include <%s>\n' wasm.h mini_wasm.h | sed '$a #if MINI_WASM_HAS_WASI\n#include <wasi.h>\n#endif' |
  "$1" -xc -E -P -I"$(dirname "$0")/../include" -I"$2" - | tr '\n' ' ' | sed 's/[;{}]/\n/g' |
  grep -vE '^ *(typedef|return|enum|struct [a-z_]* *$)' |
  sed -nE 's/^.*[ *]((wasm|wasi|mini_wasm)_[a-z0-9_]+) *\(.*$/\1 &/p' |
  awk '{ print $1 (/ inline / ? " inline" : "") }' | sort -u
