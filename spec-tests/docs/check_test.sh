#!/usr/bin/env bash
# Plants faults in a small documentation: check.sh, or names.py, must find each of them.
set -u
here=$(cd "$(dirname "$0")" && pwd)
check=$here/check.sh
tree=$(mktemp -d) || exit 2
output=$(mktemp) || exit 2
trap 'rm -rf "$tree" "$output"' EXIT
failed=0

plant() {  # a documentation without faults
  rm -rf "${tree:?}"/*
  mkdir -p "$tree"/{core,docs/diagrams,include/mini_wasm,spec-tests/layers}
  cd "$tree" || exit 2
  touch core/a.h
  echo 'project(mini_wasm VERSION 1.2.3 LANGUAGES CXX)' >CMakeLists.txt
  echo 'See [docs](docs/README.md), `core/a.h`, `core/*.h` and ![rooms](docs/diagrams/rooms.svg).' >README.md
  echo '## [1.2.3]' >CHANGELOG.md
  touch CONTRIBUTING.md SECURITY.md
  printf 'enum class Kind : uint8_t {\n  one = 0,  ///< One.\n  two,  ///< Two.\n};\nenum class Id : uint32_t {};\n' >include/mini_wasm/a.h
  echo '[page](page.md)' >docs/README.md
  echo '[up](../README.md#part) and [out](https://example.org/nothing)' >docs/page.md
  printf '  "cli" -> "core";\n  "wasi" -> "core";\n  "cli" -> "wasi";\n  "core" -> "include";\n' >docs/diagrams/rooms.dot
  printf "rooms='\ninclude:\ncore:\nwasi: core\ncli: core wasi\n'\n" >spec-tests/layers/check.sh
  draw
}
draw() {
  echo "<!-- rooms.dot $(cksum <docs/diagrams/rooms.dot | cut -d' ' -f1) -->" >docs/diagrams/rooms.svg
}
expect() {  # VERDICT WHAT
  "$check" "$tree" >"$output" 2>&1
  local verdict=$?
  [ $verdict = "$1" ] || { echo "$2: exit code $verdict, not $1"; cat "$output"; failed=1; }
}
expect_names() {  # the same, of names.py
  local check=$here/names.py
  expect "$@"
}

plant; expect 0 "no fault"
plant; yes line | head -n 151 >>README.md; expect 1 "a long README"
plant; echo '[gone](gone.md)' >>docs/page.md; expect 1 "a link to nothing"
plant; echo '`core/b.h`' >>CONTRIBUTING.md; expect 1 "a name of no file"
plant; echo '`core/*.cc`' >>docs/page.md; expect 1 "names of no files"
plant; touch docs/other.md; expect 1 "a page that is not listed"
plant; rm SECURITY.md; expect 1 "a page that is missing"
plant; echo '// more' >>docs/diagrams/rooms.dot; expect 1 "a diagram that was not drawn again"
plant; sed -i 's/!.*//' README.md; expect 1 "a diagram that is not used"
plant; echo '  "core" -> "wasi";' >>docs/diagrams/rooms.dot; draw; expect 1 "an arrow too many"
plant; sed -i '/"wasi" -> "core"/d; /"cli" -> "core"/d' docs/diagrams/rooms.dot; draw; expect 1 "an arrow that is missing"
plant; sed -i '/"cli" -> "core"/d' docs/diagrams/rooms.dot; draw; expect 0 "an arrow that others replace"
plant; sed -i 's/^wasi: core/wasi:/' spec-tests/layers/check.sh; expect 1 "an include that is not allowed any more"
plant; sed -i 's/1.2.3/1.3.0/' CMakeLists.txt; expect 1 "a version without changes"
plant; sed -i 's|  ///< Two.||' include/mini_wasm/a.h; expect 1 "an enumerator without a comment"
plant; sed -i 's|  ///< One.||' include/mini_wasm/a.h; expect 1 "an enumerator with a value and without a comment"

plant_names() {
  plant
  printf 'class Cat {\n  void purr();  // unlike Dog::bark\n};\nenum class Kind { one };\n' >core/cat.h
  printf 'class Dog;\nclass Dog : public Cat {\n  void bark();\n};\n' >core/dog.h
  echo 'A `Cat::purr`, and a `Kind::one`.' >docs/page.md
}
plant_names; expect_names 0 "members that exist"
plant_names; echo '`Cat::bark`' >>docs/page.md; expect_names 1 "a member of another class"
plant_names; sed -i 's/bark/howl/' core/dog.h; expect_names 1 "a comment about a member that has another name now"
plant_names; rm core/dog.h; echo 'class Dog;' >>core/cat.h; expect_names 1 "a class that is only declared"
plant_names; echo 'void Dog::run() {}' >core/dog.cc; echo '`Dog::run`' >>docs/page.md; expect_names 0 "a member that is defined elsewhere"
exit $failed
