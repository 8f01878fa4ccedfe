# Perl 5.42, its library packed into the module (25 MB), Asyncify for setjmp. npm has it as a library; a small module
# of ours makes a command of it (--preload). Compared with the native Perl.

build() {
  npm_packages @6over3/zeroperl-ts@1.0.10
  mv node_modules/@6over3/zeroperl-ts/dist/esm/zeroperl.wasm .
  cp "$files/main.wat" .
  rm -rf node_modules
}

perl() {
  run --preload "perl=$built/zeroperl.wasm" --unknown-imports=trap --dir root::/ --argv0 perl "$built/main.wat" "$@"
}

check() {
  need_native perl
  mkdir -p root/dev
  : >root/dev/null  # it opens that
  cp "$inputs/script.pl" root
  # The native one must make its files elsewhere.
  sed "s,\"/\(made\|none\),\"$PWD/\1,g" "$inputs/script.pl" >script.pl
  command perl script.pl one 'two words' | sed '1s,script.pl,/script.pl,' >expected
  expect_status 0 perl /script.pl one 'two words' >actual
  expect_same "a script" expected actual
  [ "$(wc -l <actual)" -gt 30 ] || fail "the script is not done: $(cat actual)"

  echo 'print "before\n"; die "the end\n"' >root/wrong.pl
  expect_status 255 perl /wrong.pl >actual
  echo before | expect_same "a script that dies" actual -
  echo 'while (<STDIN>) { $n += $_ } print "$n\n"' >root/sum.pl
  printf '1\n41\n' | perl /sum.pl >actual
  echo 42 | expect_same "standard input" actual -
}
