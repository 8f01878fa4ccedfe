#!/usr/bin/env bash
# Shows that adding a thing takes as few edits as CONTRIBUTING.md promises, and that nothing else is needed.
#
#   check.sh [--full] [--no-jit] [--includes=FOLDER:...] CXX FOLDER [CMAKE_ARGUMENTS...]
#
# Each *.patch here adds one thing. Its first lines say how many places it may change ("Edits:"). All patches are applied
# to a copy of the sources in FOLDER, one after the other. Then the translation units that they name ("Compiles:") are
# compiled with the compiler CXX, without making code: this takes about a minute.
#
# With --full the copy is built (without optimization, with ccache if it is installed), and the things are used:
# instructions in all tiers, the WASI function, the option, and the flag. CMAKE_ARGUMENTS are for this build.
# --includes: where the headers of other libraries are, unless the compiler finds them.
set -euo pipefail

full=false jit=true includes=()
while [[ ${1:-} == --* ]]; do
  case $1 in
    --full) full=true ;;
    --no-jit) jit=false ;;
    --includes=*) IFS=: read -ra includes <<<"${1#*=}" ;;
    *) echo "check.sh: unknown option $1" >&2; exit 2 ;;
  esac
  shift
done
cxx=${1:?a compiler} copy=${2:?a folder}
shift 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
patches=(feature opcode opcode_shapes vector_opcode wasi_function option option_use config_flag)
if $jit; then patches+=(selection_rule); fi

fail() { echo "edits: $*" >&2; exit 1; }

# --- A copy of the sources.
mkdir -p "$copy"
copy=$(cd "$copy" && pwd)
rm -rf "$copy/src"
mkdir "$copy/src"
tar -C "$root" -c --exclude='./build*' --exclude=./.git --exclude=./.cache . | tar -C "$copy/src" -x
cd "$copy/src"

# --- The edits. A hunk is an edit: they have one line of context, so two places are two hunks.
units=()
for name in "${patches[@]}"; do
  patch=$here/$name.patch
  promised=$(sed -n 's/^Edits: //p' "$patch")
  found=$(grep -c '^@@' "$patch")
  [[ $found == "$promised" ]] || fail "$name takes $found edits instead of $promised"
  grep -q '^-[^-]' "$patch" && fail "$name changes lines instead of adding some"
  GIT_CEILING_DIRECTORIES=$copy git apply -C1 "$patch" 2>"$copy/apply.log" ||
    fail "$name does not apply any more; write the patch anew: $(cat "$copy/apply.log")"
  grep -qF "$(sed -n 's/^+\([^+]\)/\1/p' "$patch" | head -1)" $(sed -n 's/^+++ b\///p' "$patch") ||
    fail "$name has not been applied"
  units+=($(sed -n 's/^Compiles: //p' "$patch"))
  echo "$name: $found"
done
spec-tests/layers/opcode_places.sh >/dev/null || fail "opcode_places.sh"
spec-tests/layers/check.sh . >/dev/null || fail "layers/check.sh"

# --- They compile.
mkdir -p ../include/mini_wasm
sed 's/@[A-Za-z_]*@/1/g' include/mini_wasm/version.h.in >../include/mini_wasm/version.h  # CMake writes the true one
flags=(-std=c++20 -fsyntax-only -Wall -Wextra -Wno-missing-field-initializers -Werror -fno-rtti -I. -Iinclude -I../include)
for folder in "${includes[@]}"; do
  if [[ -n $folder ]]; then flags+=(-idirafter "$folder"); fi
done
if [[ $(uname -m) == x86_64 ]]; then flags+=(-march=x86-64-v2); fi
if $jit; then flags+=(-DMINI_WASM_JIT=1 -DASMJIT_STATIC); else flags+=(-DMINI_WASM_JIT=0); fi
for unit in $(printf '%s\n' "${units[@]}" | sort -u); do
  if ! $jit && [[ $unit == jit/* ]]; then continue; fi
  "$cxx" "${flags[@]}" "$unit" || fail "$unit does not compile"
done

# --- A row whose function is missing, or has other types, does not compile: numeric_test skips none.
expect_failure() {  # WHAT MESSAGE
  if "$cxx" "${flags[@]}" core/numeric_test.cc 2>"$copy/error.log"; then fail "numeric_test accepts $1"; fi
  grep -q "$2" "$copy/error.log" || fail "numeric_test does not name the row: $(head -3 "$copy/error.log")"
}
cp core/numeric.h "$copy/numeric.h"
sed -i 's/^constexpr uint32_t i32_bswap(uint32_t a)/constexpr uint32_t i32_bswap(uint64_t a)/' core/numeric.h
expect_failure "a function with other types" i32_bswap
sed -i '/ i32_bswap(/d' core/numeric.h
expect_failure "a row without a function" i32_bswap
cp "$copy/numeric.h" core/numeric.h

$full || exit 0

# --- They work.
if command -v ccache >/dev/null; then
  export CCACHE_BASEDIR=$copy CCACHE_NOHASHDIR=1
  set -- -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "$@"
fi
cat >>CMakeLists.txt <<'END'
add_executable(config_flag spec-tests/edits/config_flag.cc)
target_link_libraries(config_flag PRIVATE mini_wasm::mini_wasm)
END
cmake -S . -B ../build -G Ninja -DCMAKE_BUILD_TYPE=Debug -DMINI_WASM_TESTS=ON -DCMAKE_CXX_COMPILER="$cxx" \
  -DMINI_WASM_JIT=$($jit && echo ON || echo OFF) "$@" >"$copy/cmake.log" || fail "cmake: $copy/cmake.log"
cmake --build ../build --target mini-wasm-cli core_test config_flag >"$copy/build.log" || { tail -30 "$copy/build.log"; fail build; }
run=(../build/cli/mini-wasm)

../build/core/core_test --gtest_brief=1 >"$copy/core_test.log" || fail "core_test: $copy/core_test.log"
for tier in interp jit; do
  if [[ $tier == jit ]] && ! $jit; then continue; fi
  "${run[@]}" wast --wasm=bit-tricks --tier=$tier "$here/instructions.wast" || fail "instructions in $tier"
done
if "${run[@]}" validate "$here/instruction.wat" 2>"$copy/error.log"; then fail "a feature that is off"; fi
grep -q "i32.bswap needs the bit-tricks proposal" "$copy/error.log" || fail "the error is: $(cat "$copy/error.log")"
"${run[@]}" dump --wasm=bit-tricks "$here/instruction.wat" | grep -q 'i32\.bswap' || fail "dump"
if $jit; then
  "${run[@]}" dump --wasm=bit-tricks --native "$here/instruction.wat" >"$copy/listing"
  grep -q '^ *bswap\|[[:space:]]bswap ' "$copy/listing" || fail "the rule is not used: $copy/listing"
fi
"${run[@]}" run "$here/wasi_function.wat" || fail "the WASI function"
[[ $("${run[@]}" run --hello "$here/wasi_function.wat") == hello ]] || fail "the option"
"${run[@]}" run --help | grep -q -- '--hello' || fail "the option's help"
"$(find ../build -name config_flag -type f -perm -u+x)" || fail "the flag"
echo "edits: all of them work"
