#!/usr/bin/env bash
# convert.sh SOURCE DESTINATION: converts every .wast below SOURCE with wabt's wast2json, keeping the folders.
# Where a script does not convert, DESTINATION gets NAME.error with the reason instead of NAME.json.
set -u
source_dir=$(cd "$1" && pwd) || exit 1
mkdir -p "$2" && destination=$(cd "$2" && pwd) || exit 1

convert_one() {  # PATH below the source folder
  local out=${2%/}/${1%.wast}
  mkdir -p "$(dirname "$out")"
  rm -f "$out.json" "$out.error"
  # wast2json aborts on some scripts; the subshell keeps bash from reporting that.
  if ! (wast2json --enable-all -o "$out.json" "$1") >"$out.error" 2>&1; then
    rm -f "$out.json"
    [ -s "$out.error" ] || echo "wast2json failed without a message" >"$out.error"
  else
    rm -f "$out.error"
  fi
}
export -f convert_one

command -v wast2json >/dev/null || { echo "convert.sh: wast2json (package wabt) is missing" >&2; exit 1; }
cd "$source_dir" || exit 1
find . -name '*.wast' -printf '%P\0' | sort -z |
  xargs -0 -r -P "$(nproc)" -I{} bash -c 'convert_one "$@" 2>/dev/null' convert {} "$destination"
