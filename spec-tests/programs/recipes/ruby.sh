# CRuby 3.4 with its library packed into the module, 31 MB: Asyncify for exceptions, fibers and the collector's view
# of the stack. npm has it as a library; a small module of ours makes a command of it (--preload). What is expected is
# what Ruby says everywhere: node 20 says it, too, when its own collector does not crash on the way.

build() {
  npm_packages @ruby/3.4-wasm-wasi@2.10.1
  mv "node_modules/@ruby/3.4-wasm-wasi/dist/ruby+stdlib.wasm" .
  rm -rf node_modules
  cp "$files"/* .
}

ruby() {
  run --preload "canonical_abi=$built/handles.wat" --preload "ruby=$built/ruby+stdlib.wasm" --unknown-imports=trap \
    --dir .::/ --argv0 ruby "$built/main.wat" -EUTF-8 -e_=0 "$@"
}

check() {
  cp "$inputs"/* .
  expect_status 0 ruby /script.rb one 'two words' >actual
  expect_same "a script" script.expected actual
  expect_missing made

  printf 'print $stdin.read.split.map(&:to_i).sum\nwarn "said"\nexit 7' >sum.rb
  printf '1 2\n39\n' | expect_status 7 ruby /sum.rb >actual 2>error
  printf 42 | expect_same "standard input" actual -
  echo said | expect_same "standard error" error -
  echo 'def deep(n) = deep(n + 1); begin; deep(0); rescue SystemStackError => e; puts e.class; end' >deep.rb
  ruby /deep.rb >actual
  echo SystemStackError | expect_same "deep recursion" actual -
  echo 'def f = raise(IOError, "wrong")' >wrong.rb
  echo f >>wrong.rb
  expect_status 1 ruby /wrong.rb 2>error
  grep -q "wrong.rb:1:in 'Object#f': wrong (IOError)" error || fail "backtrace: $(cat error)"
}
