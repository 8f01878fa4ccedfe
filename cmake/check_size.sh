#!/bin/sh
# check_size.sh LIBRARY LIMIT: prints how many bytes of machine code (sections .text) and of other kinds the library has,
# by kind, and fails when it has more machine code than LIMIT.
set -eu
size -A "$1" | awk -v limit="$2" -v library="$1" '
  $1 ~ /^\.text/ { text += $2 }
  $1 ~ /^\.rodata/ { constants += $2 }
  $1 ~ /^\.data\.rel\.ro/ { tables += $2 }
  $1 ~ /^\.(eh_frame|gcc_except_table)/ { unwinding += $2 }
  END {
    printf "%d bytes of code, %d of constants, %d of tables with addresses, %d for unwinding\n", text, constants, tables, unwinding
    if (text == 0) { print library ": no code found"; exit 1 }
    if (text > limit) { printf "more code than %d bytes: see docs/performance.md, \"Size\"\n", limit; exit 1 }
  }'
