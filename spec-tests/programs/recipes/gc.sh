# Garbage-collected objects written by hand: gigabytes of trees, rings and strings in a heap of 64 MiB, and what they
# were counted to be.

build() { cp "$files/churn.wat" .; }

expected_output() {
  local depth trees=$((1 << 21)) lines=30000
  for depth in 4 10 16; do
    echo "depth $depth: $((trees >> depth)) trees, $(((trees >> depth) * ((2 << depth) - 1))) nodes"
  done
  echo "rings: $((2000 * 2 * 1000 * 1001 / 2))"  # each way round 1 + 2 + ... + 1000
  seq 1 $lines
  echo "long-lived tree: $(((2 << 16) - 1)) nodes"
}

check() {
  local allocated
  expected_output >expected
  run --max-gc-heap=64M "$built/churn.wat" >output
  head -n -1 output >actual
  expect_same "what was counted" expected actual
  allocated=$(sed -n '$s/^allocated \([0-9]*\) bytes$/\1/p' output)
  [ "$allocated" -gt $((2 << 30)) ] || fail "it should have allocated 2 GiB: $(tail -n 1 output)"
  # The long-lived tree alone is larger than this.
  expect_status 134 run --max-gc-heap=1M "$built/churn.wat" 2>actual
  grep -q "out of memory" actual || fail "a heap that is too small should trap: $(cat actual)"
}
