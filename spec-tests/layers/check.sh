#!/usr/bin/env bash
# check.sh [ROOT]: fails when a file includes something from a room that its own room may not look into: downwards
# only, siblings never, the public headers nothing but themselves and the standard library. docs/architecture.md has a
# picture of it, which spec-tests/docs/check.sh compares with the table here.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2

# ROOM: the rooms that it may include besides itself and the public headers.
rooms='
include:
core:
decoder: core
validator: core decoder
text: core
runtime: core decoder validator
interp: core decoder validator runtime
jit: core decoder validator runtime
wasi: core decoder validator runtime
capi: core decoder validator text runtime
scripts: core decoder validator text runtime
cli: core decoder validator text runtime interp jit wasi scripts
spec-tests: core decoder validator text runtime interp jit wasi scripts
bench: core decoder validator text runtime interp jit wasi scripts
examples:
'

folders=()
while IFS=: read -r room _; do
  if [ -n "$room" ] && [ -d "$room" ]; then folders+=("$room"); fi
done <<<"$rooms"

find "${folders[@]}" -type f \( -name '*.h' -o -name '*.cc' -o -name '*.def' \) -not -path '*/programs/*' -print0 |
  xargs -0 grep -HnE '^[[:space:]]*#[[:space:]]*include' |
  awk -v rooms="$rooms" '
    BEGIN {
      # The C API: its own headers, and those of C that they need.
      c_headers = "^(wasm|wasi|mini_wasm|assert|stdbool|stddef|stdint|string)\\.h$"
      n = split(rooms, lines, "\n")
      for (i = 1; i <= n; i++) {
        m = split(lines[i], words, /[: ]+/)
        room = words[1]
        if (room == "") continue
        known[room] = 1
        for (j = 2; j <= m; j++) if (words[j] != "") may[room, words[j]] = 1
      }
    }
    function complain(why) { print file ":" line ": " why; bad++ }
    {
      split($0, at, ":"); file = at[1]; line = at[2]
      room = file; sub(/\/.*/, "", room)
      test = file ~ /_test\.(cc|h)$|\/test_[a-z_]*\.(cc|h)$/
      if (!match($0, /[<"][^>"]+[>"]/)) { complain("include of no file"); next }
      quoted = substr($0, RSTART, 1) == "\""
      name = substr($0, RSTART + 1, RLENGTH - 2)
      count++
      if (name ~ /^mini_wasm\//) next
      if (!quoted) {
        if (room == "include" && name ~ /[\/.]/ && name !~ c_headers) complain("public header includes <" name ">")
        else if (room != "jit" && name ~ /^asmjit/) complain("asmjit outside jit/")
        else if (!test && room !~ /^(spec-tests|bench|examples)$/ && name ~ /^g(test|mock)\//) complain("GoogleTest outside tests")
        next
      }
      if (name ~ /(^|\/)\.\.?\//) { complain("relative include \"" name "\""); next }
      to = name
      if (!sub(/\/.*/, "", to)) to = room   # "file.h": the same folder
      if (to == room) next
      if (test && name ~ /^(spec-tests\/support|scripts)\//) next   # unit tests share these
      if (!(to in known)) complain("include of \"" name "\" from an unknown room")
      else if (!((room, to) in may)) complain(room " must not look into " to " (\"" name "\")")
    }
    END {
      if (count == 0) { print "no include found: wrong folder?"; exit 2 }
      if (bad) exit 1
      print count " includes, all downwards"
    }'
