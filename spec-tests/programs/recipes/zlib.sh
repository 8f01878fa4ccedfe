# zlib's minigzip: deflate and inflate, checked with gzip.

build() {
  need_wasm_clang
  debian_source zlib
  compile -DZ_HAVE_UNISTD_H -Isource-zlib -- \
    source-zlib/{adler32,compress,crc32,deflate,gzclose,gzlib,gzread,gzwrite,infback,inffast,inflate,inftrees}.c \
    source-zlib/{trees,uncompr,zutil}.c source-zlib/test/minigzip.c
  link minigzip.wasm objects/*.o
}

check() {
  local level
  need_native gzip
  cat "$built"/source-zlib/*.[ch] >text
  for level in 1 6 9; do
    run "$built/minigzip.wasm" -$level <text >actual.gz
    gzip -dc <actual.gz | expect_same "level $level" text -
  done
  gzip -9 <text | run "$built/minigzip.wasm" -d | expect_same "gzip's file" text -
  cp text text2
  run --dir .::/w "$built/minigzip.wasm" -f /w/text2
  expect_missing text2
  gzip -dc text2.gz | expect_same "a file in place" text -
  head -c 1000 text2.gz >cut.gz
  expect_status 1 run "$built/minigzip.wasm" -d <cut.gz >actual 2>error
}
