# pandoc 3.10, compiled by GHC: 58 MB, 620,000 small functions that tail-call one another through tables, with a
# collector and threads of its own, and a Lua inside. Compared with node, and with what a reader of Markdown knows.

build() {
  npm_packages pandoc-wasm@1.1.0
  mv node_modules/pandoc-wasm/src/pandoc.wasm .
  rm -rf node_modules
}

# It makes a folder for images in the working directory.
pandoc() { run --argv0 pandoc --dir .::/ "$built/pandoc.wasm" "$@"; }

check() {
  local format
  need_native node
  cp "$inputs"/* .
  for format in html latex; do
    ARGV0=pandoc node_run "$built/pandoc.wasm" -s -t $format /document.md >expected
    pandoc -s -t $format /document.md | expect_same "as $format" expected -
  done
  printf '%s\n' 'A *b* & **c**.' | pandoc -f markdown -t html >actual
  echo '<p>A <em>b</em> &amp; <strong>c</strong>.</p>' | expect_same "Markdown" actual -

  # A zip archive of XML, and back.
  pandoc -o /document.docx /document.md
  pandoc -t plain /document.docx >actual
  grep -q '^> *A quotation\|^  *A quotation' actual || fail "the text of a .docx: $(cat actual)"

  printf '# One\n\nand **two**\n' | pandoc -L /shout.lua -t markdown >actual
  printf '## One\n\nand TWO\n' | expect_same "a filter in Lua" actual -
  expect_status 21 pandoc -f nonsense /document.md 2>error
  grep -q "Unknown input format 'nonsense'" error || fail "message: $(cat error)"
}
