#!/usr/bin/env bash
# run.sh CHECKOUT BUILD [COMPILER]: compiles the examples of a checkout of WebAssembly/wasm-c-api, unchanged, against what
# `cmake --install` copies from BUILD, and runs them with the address and leak sanitizers. COMPILER is that for C++, by
# default clang++-19. The binary module of one example is older than today's format: its text is used instead.
set -uo pipefail
checkout=$(readlink -f "$1") build=$(readlink -f "$2") compiler=${3:-clang++-19}
c_compiler=$(sed -E 's/clang\+\+/clang/; s/g\+\+/gcc/' <<<"$compiler")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for component in lib dev cli; do
  cmake --install "$build" --prefix "$work/prefix" --component $component >/dev/null || exit 2
done
export PKG_CONFIG_PATH=$(find "$work" -type d -name pkgconfig)
export LD_LIBRARY_PATH=$(find "$work/prefix" -name 'libmini_wasm.*' -printf '%h\n' | head -n 1)
read -ra flags < <(pkg-config --cflags mini_wasm)
read -ra libraries < <(pkg-config --libs mini_wasm)
cp "$checkout"/example/*.wasm "$work"
cd "$work" || exit 2

# Today the operand of ref.null is written, and in the binary format it is there.
sed 's/(ref\.null)/(ref.null extern)/' "$checkout/example/hostref.wat" >hostref.wat
"$work/prefix/bin/mini-wasm" wat2wasm hostref.wat -o hostref.wasm || exit 2

count=0 failed=0
try() {  # NAME COMPILE...
  local name=$1
  shift
  count=$((count + 1))
  if "$@" -g -O1 -fsanitize=address "${flags[@]}" -o "$name" "${libraries[@]}" >"$name.log" 2>&1 &&
    timeout 600 "./$name" >"$name.log" 2>&1 && ! grep -q '^> Error' "$name.log"; then
    echo "$name: as it should be"
  else
    failed=$((failed + 1))
    echo "$name: FAILED"
    tail -n 20 "$name.log"
  fi
}
for source in "$checkout"/example/*.c; do
  name=$(basename "$source" .c)
  try "$name-c" "$c_compiler" -std=gnu11 "$source"
done
for source in "$checkout"/example/*.cc; do
  name=$(basename "$source" .cc)
  try "$name-cc" "$compiler" -std=c++17 "$source"
done
[ $count -ge 24 ] || { echo "only $count examples found in $checkout"; exit 2; }
echo "$((count - failed)) of $count examples are as they should be"
[ $failed = 0 ]
