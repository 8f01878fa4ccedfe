# zstd: Huffman and FSE coders, hash chains, 64-bit arithmetic; dictionaries from many small files.

build() {
  local s=source-libzstd
  need_wasm_clang
  debian_source libzstd
  # No threads, no old formats, no benchmark (it wants process priorities).
  compile -DZSTD_MULTITHREAD_DISABLED -DZSTD_LEGACY_SUPPORT=0 -DZSTD_DISABLE_ASM -DDEBUGLEVEL=0 -DBACKTRACE_ENABLE=0 \
    -DPLATFORM_POSIX_VERSION=200112L -DZSTD_NOBENCH -I$s/lib -I$s/lib/common -- \
    $s/lib/{common,compress,decompress,dictBuilder}/*.c $(without bench $s/programs/*.c)
  link zstd.wasm objects/*.o
}

check() {
  local level
  need_native zstd
  cat "$built"/source-libzstd/lib/compress/zstd_{compress,opt,lazy,ldm}.c >text
  # Which bytes come out depends on word size and version: what counts is that each reads the other's.
  for level in 1 3 12 19; do
    run "$built/zstd.wasm" -q -$level --single-thread -c <text >actual.zst
    zstd -q -dc actual.zst | expect_same "level $level, native tool reads it" text -
    zstd -q -$level -c text | run "$built/zstd.wasm" -q -dc | expect_same "level $level of the native tool" text -
  done
  zstd -q --ultra -22 --long=24 --check -c text >long.zst
  run "$built/zstd.wasm" -q -dc --long=24 <long.zst | expect_same "a large window" text -

  # By name; the checksum is found to be wrong.
  cp text text2
  run --dir .::/w "$built/zstd.wasm" -q --rm /w/text2
  expect_missing text2
  zstd -q -dc text2.zst | expect_same "a file in place" text -
  { head -c 5000 text2.zst; printf 'x'; tail -c +5002 text2.zst; } >broken.zst
  expect_status 1 run --dir .::/w "$built/zstd.wasm" -q -t /w/broken.zst 2>error

  # A dictionary trained by the module, used by the native tool.
  mkdir samples
  split -l 40 text samples/part.
  run --dir .::/w "$built/zstd.wasm" -q --train -r /w/samples --maxdict=8192 -o /w/dictionary 2>log
  zstd -q -D dictionary -c samples/part.aa | run --dir .::/w "$built/zstd.wasm" -q -D /w/dictionary -dc |
    expect_same "trained dictionary" samples/part.aa -
}
