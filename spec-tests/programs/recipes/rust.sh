# A program of ours on Rust's standard library: an index of the words in a folder's files.

build() {
  local compiler target
  # A rustc whose library was built for WASI: Debian's is not always the first on PATH.
  for compiler in rustc /usr/bin/rustc; do
    for target in wasm32-wasi wasm32-wasip1; do
      if [ -d "$($compiler --print sysroot 2>/dev/null)/lib/rustlib/$target/lib" ]; then
        "$compiler" --edition 2021 -C opt-level=2 --target "$target" "$files/words.rs" -o rust.wasm
        return 0
      fi
    done
  done
  unavailable "no rustc with a standard library for wasm32-wasi"
}

check() {
  mkdir -p library/deep/er
  printf 'the quick brown fox\njumps over the lazy dog\n' >library/fox.txt
  printf 'Die Straße ist länger als der Fluß; the end.\n' >library/deep/german.txt
  seq -f 'line %.0f of the file' 1 500 >library/deep/er/long.txt
  printf '\xff\xfe' >library/deep/binary.dat

  expect_status 0 run --dir library::/lib --env LIMIT=8 "$built/rust.wasm" index /lib /lib/index.out >actual
  expect_same "word index" "$inputs/index.expected" actual
  expect_same "the file that it wrote" "$inputs/file.expected" library/index.out
  expect_status 3 run --dir library::/lib "$built/rust.wasm" index /lib/none /lib/index.out 2>error
  grep -q '^cannot read /lib/none: .*os error 44' error || fail "error message: $(cat error)"

  run "$built/rust.wasm" compute | expect_same "numbers, strings, collections" "$inputs/compute.expected" -
  # A panic aborts: the message is Rust's, the exit code the one of a trap.
  expect_status 134 run "$built/rust.wasm" panic 2>error
  grep -q "index out of bounds: the len is 3 but the index is 7" error || fail "panic message: $(cat error)"
  expect_status 2 run "$built/rust.wasm" 2>error
}
