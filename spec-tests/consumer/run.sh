#!/bin/sh
# run.sh BUILD SOURCE HOW COMPILER WORK: builds consumer.cc and consumer_c.c as programs outside of the project would, and
# runs them. COMPILER is that for C++, g++ or clang++; that for C is taken from beside it.
#   find_package, pkg_config   with what `cmake --install` copies from BUILD
#   add_subdirectory           with the project as a part of another one; only the consumer's own source is compiled
set -eu
build=$1 source=$2 how=$3 compiler=$4 work=$5
here=$(dirname "$(readlink -f "$0")")
fail() { echo "$*"; exit 1; }
c_compiler=$(echo "$compiler" | sed -E 's/clang\+\+([^/]*)$/clang\1/; s/g\+\+([^/]*)$/gcc\1/')
warnings="-Wall -Wextra -Wpedantic -Wshadow -Werror"

rm -rf "$work"
mkdir -p "$work"
if [ "$how" != add_subdirectory ]; then
  cmake --install "$build" --prefix "$work/prefix" --component lib >/dev/null
  cmake --install "$build" --prefix "$work/prefix" --component dev >/dev/null
fi
PKG_CONFIG_PATH=$(find "$work" -type d -name pkgconfig) cmake -G Ninja -S "$here" -B "$work/build" \
  -DHOW="$how" -DSOURCE="$source" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_C_COMPILER="$c_compiler" -DCMAKE_C_FLAGS="$warnings" -DCMAKE_CXX_FLAGS="-fno-exceptions $warnings" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON \
  >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }

# Nothing of the library's own build may reach the program.
grep '"command".*consumer\.cc' "$work/build/compile_commands.json" >"$work/command" || fail "consumer.cc is not compiled"
for flag in -ffp-contract=off -fno-math-errno -Wno-missing-field-initializers "-I$source " "-isystem $source " -O3 MINI_WASM_; do
  ! grep -qF -- "$flag" "$work/command" || fail "the program is compiled with $flag: $(cat "$work/command")"
done
[ "$how" != add_subdirectory ] || grep -q '^CMAKE_BUILD_TYPE:STRING=$' "$work/build/CMakeCache.txt" ||
  fail "the program's build type was changed"

if [ "$how" = add_subdirectory ]; then
  cmake --build "$work/build" --target CMakeFiles/consumer.dir/consumer.cc.o \
    CMakeFiles/consumer_c.dir/consumer_c.c.o >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
  exit 0
fi
cmake --build "$work/build" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
"$work/build/consumer_c" | grep '^mini-wasm [0-9.]*: i32:42$'
"$work/build/consumer" | grep '^mini-wasm [0-9.]*: i32:42$'
