# cmark: CommonMark to HTML and back; many small allocations, byte-wise scanning.

build() {
  local version major minor patch
  need_wasm_clang
  debian_source cmark
  version=$(sed -n 's/^project(cmark VERSION \([0-9.]*\).*/\1/p' source-cmark/CMakeLists.txt)
  IFS=. read -r major minor patch <<<"$version"
  sed "s/@PROJECT_VERSION_MAJOR@/$major/g; s/@PROJECT_VERSION_MINOR@/$minor/g; s/@PROJECT_VERSION_PATCH@/$patch/g" \
    source-cmark/src/cmark_version.h.in >source-cmark/src/cmark_version.h
  compile -I"$files" -Isource-cmark/src -- source-cmark/src/*.c
  link cmark.wasm objects/*.o
}

check() {
  local format
  need_native cmark
  for format in html xml man commonmark latex; do
    cmark -t $format "$built/source-cmark/test/spec.txt" >expected
    run "$built/cmark.wasm" -t $format <"$built/source-cmark/test/spec.txt" |
      expect_same "the CommonMark specification as $format" expected -
  done
  cmark --smart "$built"/source-cmark/{README.md,changelog.txt} >expected
  run --dir "$built/source-cmark::/docs" "$built/cmark.wasm" --smart /docs/README.md /docs/changelog.txt |
    expect_same "two files by name" expected -
}
