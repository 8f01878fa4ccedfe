# bzip2: block-sorting compressor; integer loops over large arrays, files and pipes.

build() {
  need_wasm_clang
  debian_source bzip2
  (cd source-bzip2 && cp manual.ps blocksort.c sample1.bz2 sample1.ref ..)
  compile -DBZ_UNIX=1 -- source-bzip2/{bzip2,blocksort,huffman,crctable,randtable,compress,decompress,bzlib}.c
  link bzip2.wasm objects/*.o
}

check() {
  need_native bzip2
  { head -c 500000 "$built/manual.ps"; cat "$built/blocksort.c"; } >text

  # Every compressor of one version writes the same bytes.
  bzip2 -9 -c text >expected.bz2
  run "$built/bzip2.wasm" -9 -c <text >actual.bz2
  expect_same "compress stdin to stdout" expected.bz2 actual.bz2
  bzip2 -dc actual.bz2 | expect_same "native tool reads it back" text -

  bzip2 -1 -c text >text.bz2
  run "$built/bzip2.wasm" -d -c <text.bz2 | expect_same "decompress the native tool's file" text -
  run "$built/bzip2.wasm" -d -c <"$built/sample1.bz2" | expect_same "upstream's sample" "$built/sample1.ref" -

  # By name, in a preopened folder: makes text2.bz2 and removes text2.
  cp text text2
  run --dir .::/w "$built/bzip2.wasm" /w/text2
  expect_missing text2
  bzip2 -dc text2.bz2 | expect_same "compress a file in place" text -

  head -c 20000 expected.bz2 >cut.bz2
  expect_status 2 run "$built/bzip2.wasm" -t <cut.bz2
}
