#!/usr/bin/env bash
# check.sh [ROOT]: fails when the documentation is wrong about what can be checked:
#   README.md has at most 150 lines
#   links lead to files, and files named in `backticks` exist
#   docs/README.md lists every page
#   diagrams were drawn from the .dot files as they are, and are used
#   docs/diagrams/rooms.dot allows the includes that spec-tests/layers/check.sh allows, and no others
#   CHANGELOG.md has a part about the version in CMakeLists.txt
#   enumerators in the public headers have comments, which Doxygen 1.9.4 does not look for (docs/Doxyfile)
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2

bad=0
complain() { echo "$*"; bad=1; }

pages=(README.md CONTRIBUTING.md SECURITY.md CHANGELOG.md docs/*.md)
lines=$(wc -l <README.md)
[ "$lines" -le 150 ] || complain "README.md: $lines lines, more than 150"

# --- Links and file names

# Without code blocks, where brackets mean something else.
text_of() { awk '/^ *```/ { code = !code; next } !code && !/^    /' "$1"; }

checked=0
for page in "${pages[@]}"; do
  [ -f "$page" ] || { complain "$page: missing"; continue; }
  folder=$(dirname "$page")
  while read -r target; do
    case $target in http://* | https://* | '#'* | '') continue ;; esac
    checked=$((checked + 1))
    [ -e "$folder/${target%%#*}" ] || complain "$page: link to $target, which does not exist"
  done < <(text_of "$page" | grep -oE '\]\([^)]+\)' | sed -E 's/^\]\(//; s/\)$//')
  # Words in backticks that begin with a folder of the project. `*` stands for any characters.
  while read -r name; do
    checked=$((checked + 1))
    compgen -G "$name" >/dev/null || complain "$page: names $name, which does not exist"
  done < <(text_of "$page" | grep -oE '`[a-z-]+/[^` ]*`' | tr -d '`' |
    grep -E '^(bench|cli|cmake|core|decoder|docs|examples|include|interp|jit|runtime|scripts|spec-tests|text|validator|wasi)/')
done
[ "$checked" -gt 0 ] || complain "no link found: wrong folder?"

for page in docs/*.md; do
  [ "$page" = docs/README.md ] || grep -qF "($(basename "$page"))" docs/README.md ||
    complain "docs/README.md does not list $page"
done

# --- Diagrams

for source in docs/diagrams/*.dot; do
  picture=${source%.dot}.svg
  grep -qsF "<!-- $(basename "$source") $(cksum <"$source" | cut -d' ' -f1) -->" "$picture" ||
    complain "$picture was not drawn from $source as it is: ./dev docs"
  grep -qF "diagrams/$(basename "$picture")" "${pages[@]}" || complain "$picture: used on no page"
done

# "FOLDER: FOLDERS that it may include", sorted, without the public headers.
allowed_by_picture() {
  sed -nE 's/^ *"([a-z-]+)" -> "([a-z-]+)";$/\1 \2/p' docs/diagrams/rooms.dot | awk '
    function reach(room, from,    to) {
      for (to in known) if ((from, to) in arrow && !((room, to) in may)) { may[room, to] = 1; reach(room, to) }
    }
    { arrow[$1, $2] = 1; known[$1] = known[$2] = 1 }
    END { for (room in known) reach(room, room); for (pair in may) { split(pair, p, SUBSEP); print p[1], p[2] } }'
}
allowed_by_check() {
  sed -n "/^rooms='/,/^'/p" spec-tests/layers/check.sh | awk -F'[: ]+' '/^[a-z-]+:/ { for (i = 2; i <= NF; i++) if ($i != "") print $1, $i }'
}
different=$(diff <(allowed_by_picture | grep -v ' include$' | sort) <(allowed_by_check | sort))
[ -z "$different" ] || complain "docs/diagrams/rooms.dot (<) and spec-tests/layers/check.sh (>) differ:
$different"

# --- Version

version=$(sed -nE 's/^project\(mini_wasm VERSION ([0-9.]+).*/\1/p' CMakeLists.txt)
[ -n "$version" ] || complain "CMakeLists.txt: no version found"
grep -qF "## [$version]" CHANGELOG.md || complain "CHANGELOG.md: no part about version $version"

# --- Enumerators

undocumented=$(awk '
  /enum class .*{$/ { inside = 1; next }
  /}/ { inside = 0 }
  inside && /^ *[a-z_0-9]+( = [0-9]+)?,/ && !/\/\/\/</ { print FILENAME ":" FNR ": no comment at" $0 }' include/mini_wasm/*.h)
[ -z "$undocumented" ] || complain "$undocumented"

[ $bad = 0 ] && echo "$checked links and names of files, all there"
exit $bad
