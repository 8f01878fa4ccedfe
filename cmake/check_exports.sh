#!/usr/bin/env bash
# check_exports.sh NM SHARED STATIC COMPILER INCLUDES: fails unless the shared library gives programs exactly what the
# public headers declare: every class and function of C++ there that the static library defines, every function of C, and
# nothing else. The last two are for list_c_functions.sh.
set -euo pipefail
nm=$1 shared=$2 static=$3 compiler=$4 includes=$5
cd "$(dirname "$0")/.."

# Classes with a body, and functions at the beginning of a line that are only declared.
classes=$(grep -hoE '^(class|struct) (MINI_WASM_API )?(\[\[nodiscard\]\] )?[A-Za-z]+( final)?( : [^{]*)? \{' include/mini_wasm/*.h |
  sed -E 's/ (final|:|\{).*//; s/.* //' | sort -u)
functions=$(grep -hE '^[A-Za-z][A-Za-z0-9_:<>,*& ]* [a-z_]+\(' include/mini_wasm/*.h |
  grep -vE '^(template|inline|constexpr|using|static|friend|return)|\{$' |
  sed -E 's/\(.*//; s/.*[ *&]//' | sort -u)

# The symbols of namespace mini_wasm and of its `detail`: `mini_wasm::Class::member` or `mini_wasm::function`. Functions
# of headers ("W") do not count: each program has its own.
symbols() {
  # Not `nm -C`: that of LLVM does not know names with versions.
  "$nm" --defined-only "$@" 2>/dev/null | awk '$2 ~ /^[TBDR]$/ { print $3 }' | sed 's/@.*//' | c++filt |
    sed -E 's/\[abi:[a-z0-9]+\]//g; s/\(.*//; s/^mini_wasm::detail::/mini_wasm::/' | grep -E '^mini_wasm::' | sort -u
}

public=$(
  while read -r class; do echo "^mini_wasm::$class::"; done <<<"$classes"
  while read -r function; do echo "^mini_wasm::$function\$"; done <<<"$functions"
)
exported=$(symbols -D "$shared") || { echo "no symbol found in $shared"; exit 1; }
declared=$(symbols "$static" | grep -E "$public") || { echo "no public symbol found in $static"; exit 1; }
hidden=$(comm -13 <(echo "$exported") <(echo "$declared"))
extra=$(grep -vE "$public" <<<"$exported" || true)
if [ -n "$hidden" ]; then echo "declared in include/ without MINI_WASM_API:"; echo "$hidden"; fi
if [ -n "$extra" ]; then echo "exported, but not declared in include/:"; echo "$extra"; fi

c_exported=$("$nm" -D --defined-only "$shared" | awk '$2 == "T" { print $3 }' | sed 's/@.*//' | grep -v '^_Z' | sort -u)
c_declared=$(cmake/list_c_functions.sh "$compiler" "$includes" | grep -v ' inline$' | sort -u)
c_hidden=$(comm -13 <(echo "$c_exported") <(echo "$c_declared"))
c_extra=$(comm -23 <(echo "$c_exported") <(echo "$c_declared"))
if [ -n "$c_hidden" ]; then echo "declared in the C headers, but not exported:"; echo "$c_hidden"; fi
if [ -n "$c_extra" ]; then echo "exported, but not declared in the C headers:"; echo "$c_extra"; fi
[ -z "$hidden$extra$c_hidden$c_extra" ] || exit 1
echo "$(wc -l <<<"$declared") functions of $(wc -l <<<"$classes") classes and $(wc -l <<<"$c_declared") of C are exported, and nothing else"
