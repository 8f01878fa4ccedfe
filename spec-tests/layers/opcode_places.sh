#!/bin/bash
# Adding a numeric opcode is two edits, a row in core/opcodes.def and a function in core/numeric.h; fast paths are extra.
# So no other code may know numeric opcodes by name, but for a few that are special to it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Tables of relations between opcodes, and code for single CPUs.
extra='^(interp/fused\.def|core/numeric_simd_x64\.h|jit/)'
# Constant expressions (extended-const), tests of references and conditions and what needs no code in the interpreter.
known="i32_wrap_i64 i32_add i32_sub i32_mul i64_add i64_sub i64_mul i32_eqz i64_eqz i64_eq i64_ne"

rows=$(sed -nE 's/^OP\(([a-z0-9_]+),.*, (numeric|numeric_trap|simd), ".*/\1/p' core/opcodes.def)
count=$(wc -w <<<"$rows")
[ "$count" -gt 300 ] || { echo "found only $count numeric opcodes in core/opcodes.def"; exit 1; }
named=$(grep -rnwF --include='*.h' --include='*.cc' --include='*.def' -f <(printf '%s\n' $rows) \
  core decoder validator text runtime interp |
  grep -vE '_test\.(cc|h):' | grep -vE '^core/(opcodes\.def|numeric[a-z_]*\.h):' | grep -vE "$extra" | grep 'Op::' |
  grep -vwFf <(printf 'Op::%s\n' $known) || true)
if [ -n "$named" ]; then
  echo "numeric opcodes that other code knows by name:"
  echo "$named"
  exit 1
fi
echo "$count numeric opcodes, each in its row and its function only, but for $(wc -w <<<"$known") that are special"
