# SQLite's shell: a byte-code machine, a B-tree on a real file with
# journal, sync and truncation.

build() {
  need_wasm_clang
  need tclsh make cc
  debian_source sqlite3
  # The amalgamation is generated: by upstream's scripts, built and run natively.
  mkdir native
  (cd native && ../source-sqlite3/configure --disable-tcl --disable-readline --disable-editline >/dev/null &&
    make -j"$jobs" sqlite3.c shell.c)
  # WASI has no locks that every runtime offers, hence unix-none; no mmap of files, hence no WAL.
  compile -Inative -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_WAL -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_NOHAVE_SYSTEM \
    -DSQLITE_OMIT_POPEN -DSQLITE_DEFAULT_UNIX_VFS='"unix-none"' -DSQLITE_OMIT_SHARED_MEM \
    -DSQLITE_MAX_MMAP_SIZE=0 -DSQLITE_ENABLE_MATH_FUNCTIONS -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE \
    -- native/sqlite3.c native/shell.c
  link sqlite3.wasm objects/*.o
  rm -rf source-sqlite3 native
}

check() {
  need_native sqlite3
  sqlite3 :memory: <"$inputs/queries.sql" >expected
  run "$built/sqlite3.wasm" :memory: <"$inputs/queries.sql" | expect_same "queries in memory" expected -

  # A database that the module makes, the module and the native shell read; and the other way round.
  # (Statement journals are temporary files, unlinked while they are open.)
  mkdir data tmp
  run --dir data::/data --dir tmp::/tmp "$built/sqlite3.wasm" /data/made.db <"$inputs/create.sql" >/dev/null
  sqlite3 data/native.db <"$inputs/create.sql" >/dev/null
  sqlite3 data/native.db <"$inputs/read.sql" >expected
  run --dir data::/data "$built/sqlite3.wasm" /data/made.db <"$inputs/read.sql" |
    expect_same "database file reopened" expected -
  sqlite3 data/made.db <"$inputs/read.sql" | expect_same "native shell reads it" expected -
  run --dir data::/data "$built/sqlite3.wasm" /data/native.db <"$inputs/read.sql" |
    expect_same "the native shell's database" expected -
  expect_missing data/made.db-journal
  [ -z "$(ls tmp)" ] || fail "temporary files left: $(ls tmp)"

  expect_status 1 run "$built/sqlite3.wasm" -bail :memory: 'select * from nowhere' 2>error
  grep -q 'no such table: nowhere' error || fail "error message: $(cat error)"
}
