# jq with oniguruma: a compiler and a backtracking byte-code machine over JSON, regular expressions.

build() {
  local math
  need_wasm_clang
  debian_source jq
  debian_source libonig
  # What jq's configure and Makefile make: the library of jq code as a string, the version, the list of functions.
  sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$/\\n"/' source-jq/src/builtin.jq >source-jq/src/builtin.inc
  echo "#define JQ_VERSION \"$(source-jq/scripts/version)\"" >source-jq/src/version.h
  mapfile -t math < <(grep -o 'HAVE_[A-Z0-9_]*' source-jq/src/libm.h | sort -u | sed 's/^/-D/')
  compile -I"$files" -- source-libonig/src/{reg{parse,comp,exec,enc,error,ext,syntax,trav,version},st}.c \
    source-libonig/src/{unicode,unicode_unfold_key,unicode_fold{1,2,3}_key,ascii,utf8,utf16_be,utf16_le}.c \
    source-libonig/src/{utf32_be,utf32_le,euc_jp,euc_jp_prop,sjis,sjis_prop,euc_tw,euc_kr,big5,gb18030}.c \
    source-libonig/src/{koi8_r,cp1251,onig_init,iso8859_*}.c
  compile -Isource-jq -Isource-libonig/src "${math[@]}" -Dgamma=lgamma -DHAVE_LIBONIG -DHAVE_MEMMEM -DHAVE_MKSTEMP -DHAVE_ISATTY \
    -DHAVE_GMTIME -DHAVE_GMTIME_R -DHAVE_LOCALTIME_R -DHAVE_TIMEGM -DHAVE_STRPTIME -DHAVE_STRFTIME \
    -DHAVE_GETTIMEOFDAY -DHAVE_TM_TM_GMT_OFF -DHAVE_ALLOCA_H -DIEEE_8087 -- \
    source-jq/src/{main,builtin,bytecode,compile,execute,jq_test,jv,jv_alloc,jv_aux,jv_dtoa,jv_file,jv_parse}.c \
    source-jq/src/{jv_print,jv_unicode,linker,locfile,util,lexer,parser}.c
  link jq.wasm objects/*.o
}

check() {
  local program
  need_native jq
  # One filter a line, all on the same document: put together, since jq compiles its library at each start.
  { sed 's/.*/(try (&) catch {error: .}),/' "$inputs/filters.txt"; echo '"done"'; } >all.jq
  jq -S -f all.jq "$inputs/document.json" >expected
  run --dir .::/data "$built/jq.wasm" -S -f /data/all.jq <"$inputs/document.json" | expect_same "filters" expected -

  jq -n '[range(3000) | {id: ., name: "item \(.)", tags: [range(. % 5)], half: (. / 2)}]' >big.json
  program='group_by(.id % 7) | map({n: length, sum: (map(.half) | add), tags: (map(.tags[]) | unique)})'
  jq -c "$program" big.json >expected
  run --dir .::/data "$built/jq.wasm" -c "$program" /data/big.json | expect_same "a file of 3000 objects" expected -
  jq . big.json >expected
  run "$built/jq.wasm" . <big.json | expect_same "pretty-printing" expected -

  run --env NAME=value "$built/jq.wasm" -n -r --arg x 'a b' '"\($x) \(env.NAME) \($ENV.NAME)"' >actual
  echo 'a b value value' | expect_same "arguments and environment" - actual
  expect_status 5 run "$built/jq.wasm" -n '"abc" | tonumber' 2>error
  expect_status 4 run "$built/jq.wasm" . <<<'{"a": 1, b}' 2>error
  expect_status 1 run "$built/jq.wasm" -e .missing <<<'{}' >actual
}
