#!/usr/bin/env bash
# cycles.sh [ROOT]: fails when headers include one another in a circle, and when code of jit/ outside of a CPU's folder
# knows that CPU: only jit/backend.cc does, and tests.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}" || exit 2

rooms=$(sed -n "/^rooms='/,/^'/p" "$here/check.sh" 2>/dev/null | sed -nE 's/^([a-z-]+):.*/\1/p')
[ -n "$rooms" ] || rooms=$(ls -d ./*/ | tr -d './')

# HEADER INCLUDED-HEADER
includes() {
  # shellcheck disable=SC2086
  find $rooms -type f -name '*.h' -not -path '*/programs/*' -print0 2>/dev/null |
    xargs -0 grep -HE '^[[:space:]]*#[[:space:]]*include' |
    sed -nE -e 's|^([^:]+):.*<(mini_wasm/[^>]+\.h)>.*|\1 include/\2|p' -e 's|^([^:]+):.*"([^"]+\.h)".*|\1 \2|p'
}
count=$(includes | wc -l)
[ "$count" -gt 0 ] || { echo "no include found: wrong folder?"; exit 2; }
circles=$(includes | tsort 2>&1 >/dev/null)
if [ -n "$circles" ]; then
  echo "headers that include one another:"
  echo "$circles"
  exit 1
fi

cpus=$(grep -rlE '#include "jit/(x64|a64)/' jit --include='*.h' --include='*.cc' 2>/dev/null |
  grep -vE '^jit/(x64/|a64/|backend\.cc|.*_test\.cc)')
if [ -n "$cpus" ]; then
  echo "these know a CPU:"
  echo "$cpus"
  exit 1
fi
echo "$count includes of headers, no circles"
