#!/usr/bin/env bash
# hardening_test.sh PROGRAM LIBRARY: whether the program was linked, and the library compiled, with what makes
# the engine's own mistakes harder to use (docs/host-process.md).
set -u
program=$1 library=$2
export LC_ALL=C
command -v readelf >/dev/null && command -v nm >/dev/null || { echo "skipped: no readelf"; exit 77; }
failed=0
expect() {  # WHAT PATTERN TEXT
  grep -qE -- "$2" <<<"$3" || { echo "missing: $1"; failed=1; }
}
expect_not() {
  if grep -qE -- "$2" <<<"$3"; then echo "there is: $1"; failed=1; fi
}

header=$(readelf -hW "$program") segments=$(readelf -lW "$program") dynamic=$(readelf -dW "$program")
notes=$(readelf -nW "$program" 2>/dev/null)

expect "position independent" 'Type: +DYN' "$header"
expect "position independent, as the loader sees it" 'FLAGS_1.* PIE' "$dynamic"
expect_not "a dynamic loader" 'INTERP' "$segments"
expect_not "shared libraries" 'NEEDED' "$dynamic"
expect "a stack that is not executable" 'GNU_STACK .* RW +0x' "$segments"
expect_not "a segment that is writable and executable" ' RWE ' "$segments"
expect "read-only relocations" 'GNU_RELRO' "$segments"
expect "everything bound at start" 'BIND_NOW|FLAGS_1.* NOW' "$dynamic"
expect_not "relocations in code" 'TEXTREL' "$dynamic"
expect_not "shadow stacks, which machine code cannot keep to" 'SHSTK' "$notes"
expect "a build id" 'Build ID' "$notes"
objects=$(nm -A "$library" 2>/dev/null)
for object in module_decoder module_validator instantiate path_open; do  # what reads untrusted bytes
  expect "a stack protector in $object.cc" "$object\\.cc\\.o:.* U __stack_chk_fail\$" "$objects"
done
exit $failed
