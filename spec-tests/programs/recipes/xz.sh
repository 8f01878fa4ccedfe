# xz: range coder and match finders; bit-level branches, 64-bit checksums, large tables.

build() {
  local s=source-xz-utils/src include=()
  need_wasm_clang
  debian_source xz-utils
  mapfile -t include < <(printf -- "-I$s/%s\n" common liblzma/{api,common,check,lz,rangecoder,lzma,delta,simple})
  # Each folder's table generators, small variants and assembly are alternatives to what is compiled here.
  compile -DHAVE_CONFIG_H -I"$files" "${include[@]}" -- \
    $(without 'tablegen|_small|_mt|cputhreads|simple/(arm|armthumb|ia64|powerpc|sparc).c' \
      "$s"/liblzma/{check,common,delta,lz,lzma,rangecoder,simple}/*.c) \
    "$s"/xz/*.c "$s"/common/tuklib_{open_stdxxx,progname,exit,mbstr_width,mbstr_fw,physmem}.c
  link xz.wasm objects/*.o
}

check() {
  local level
  need_native xz
  head -c 400000 "$built/source-xz-utils/ChangeLog" >text
  # Every compressor of one version writes the same bytes, so the native tool's file is the truth.
  for level in 0 6 9e; do
    xz -T1 -$level --no-adjust -c text >expected.xz
    xz -dc expected.xz | cmp - text
    run "$built/xz.wasm" -$level -c <text >actual.xz
    expect_same "level $level" expected.xz actual.xz
  done
  xz -dc actual.xz | expect_same "native tool reads it back" text -
  xz -9 --check=sha256 --x86 --lzma2=dict=1MiB -c text >filtered.xz
  # Standard input is a file, output a slow pipe: xz polls both.
  run "$built/xz.wasm" -dc <filtered.xz | (sleep 0.3; cat) | expect_same "filters and SHA-256" text -
  xz --format=lzma -c text | run "$built/xz.wasm" -dc --format=lzma | expect_same "the old format" text -

  run --dir .::/w "$built/xz.wasm" --delta=dist=3 --lzma2 /w/text
  expect_missing text
  xz -dc text.xz >text
  xz --robot -lv text.xz | cut -f1-6 | grep -v name >expected
  run --dir .::/w "$built/xz.wasm" --robot -lv /w/text.xz | cut -f1-6 | grep -v name | expect_same "listing" expected -

  head -c 5000 expected.xz >cut.xz
  expect_status 1 run "$built/xz.wasm" -t <cut.xz 2>error
  grep -q 'Unexpected end of input' error || fail "error message: $(cat error)"
}
