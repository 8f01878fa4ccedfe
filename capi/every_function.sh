#!/usr/bin/env bash
# every_function.sh COMPILER INCLUDES NM OBJECTS...: fails when a function of the C headers has no test, that is, when no
# object file of the tests refers to it. A function that is defined in a header leaves no reference: the tests must name it.
set -euo pipefail
compiler=$1 includes=$2 nm=$3
shift 3
cd "$(dirname "$0")/.."

called=$("$nm" -u "$@" | awk '$1 == "U" { print $2 }' | sort -u)
count=0 missing=0
while read -r function inline; do
  [ "$function" != mini_wasm_functype_of ] || continue  # a part of the short forms
  count=$((count + 1))
  if [ "$inline" = inline ]; then
    grep -qE "\b$function\(" capi/*_test.cc && continue
  else
    grep -qx "$function" <<<"$called" && continue
  fi
  echo "no test calls $function"
  missing=$((missing + 1))
done < <(cmake/list_c_functions.sh "$compiler" "$includes")
[ "$count" -gt 300 ] || { echo "only $count functions found in the headers"; exit 2; }
[ $missing = 0 ] || exit 1
echo "all $count functions of the C headers are called by tests"
