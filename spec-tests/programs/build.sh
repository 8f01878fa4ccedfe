#!/bin/bash
# Builds the real programs that the tests run, as wasm32-wasi modules in a cache folder.
#
#   build.sh --list          names of all programs
#   build.sh [NAME...]       builds these (default: all); what is built and unchanged is left alone
#
# A program is one file, recipes/NAME.sh, with two functions: `build` (run here, in the program's
# empty cache folder; see toolchain.sh for what it can call) and `check` (run by run.sh). What a
# build needs of ours (configuration headers, small sources) lies in files/NAME, what a check feeds
# to the program in inputs/NAME.
# Nothing of other people's lies in this tree: sources come from Debian's source packages, modules
# from npm packages. A program that cannot be had on this machine (no network, no compiler) is not
# an error: the reason is kept in NAME/unavailable, and its test is skipped with it.
#
# The cache is $MINI_WASM_PROGRAMS_CACHE, by default ~/.cache/mini-wasm/programs.
# Exit code: 0, or 1 if a recipe failed.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/toolchain.sh"

list_programs() {
  local recipe
  for recipe in "$here"/recipes/*.sh; do basename "$recipe" .sh; done
}

# The identity of a build: everything of ours that goes into it, and the compiler's version.
stamp_of() {
  {
    cat "$here/toolchain.sh"
    (source "$here/recipes/$1.sh"; declare -f build)
    find "$here/files/include" "$here/files/$1"/ -type f -print0 2>/dev/null | sort -z | xargs -0 cat
    "$wasm_clang" --version 2>&1 || true
  } | sha256sum | cut -d' ' -f1
}

build_program() {
  local name=$1 folder=$cache/$1 status=0 stamp started=$SECONDS
  stamp=$(stamp_of "$name")
  if [ "$(cat "$folder/stamp" 2>/dev/null)" = "$stamp" ]; then return 0; fi
  rm -rf "$folder"
  mkdir -p "$folder"
  echo "$name: building"
  # A shell of its own: `set -e` does not hold inside a function called from a condition.
  bash -euo pipefail -c '
    source "$1/toolchain.sh"; source "$1/recipes/$2.sh"
    files=$1/files/$2; cd "$3"; build' build "$here" "$name" "$folder" >"$folder/log" 2>&1 || status=$?
  case $status in
    0) rm -rf "$folder/objects"; echo "$stamp" >"$folder/stamp"; echo "$name: built in $((SECONDS - started)) s" ;;
    77) echo "$name: not available: $(cat "$folder/unavailable")" ;;
    *) echo "$name: build failed ($status):"; tail -n 40 "$folder/log"; return 1 ;;
  esac
}

main() {
  local name failed=0 names=("$@")
  if [ "${1-}" = --list ]; then list_programs; return 0; fi
  if [ $# = 0 ]; then mapfile -t names < <(list_programs); fi
  mkdir -p "$cache"
  for name in "${names[@]}"; do
    if [ ! -f "$here/recipes/$name.sh" ]; then echo "no program '$name'" >&2; return 1; fi
    # Two builds of one program at once would delete each other's files.
    (flock 9; build_program "$name") 9>"$cache/$name.lock" || failed=1
  done
  return $failed
}

main "$@"
