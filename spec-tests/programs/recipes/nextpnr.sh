# nextpnr 0.8 for iCE40: places a circuit on an FPGA and finds wires for it, by simulated annealing and by solving
# linear equations in floating point: one bit that differs gives another result. Then icepack makes a bit stream of
# that. Compared with node, in which the package's own JavaScript runs them as components.

build() {
  local package=node_modules/@yowasp/nextpnr-ice40/gen
  npm_packages @yowasp/yosys@0.55.944 @yowasp/nextpnr-ice40@0.8.621
  cp "$files"/* .
  node reference.mjs
  mkdir -p share/ice40
  mv "$package"/{nextpnr-ice40,icepack}.core.wasm .
  mv "$package/share/ice40/chipdb-1k.bin" share/ice40
  rm -rf node_modules
}

nextpnr() {
  run --argv0 nextpnr-ice40 --read-only-dir "$built/share::/share" --dir .::/w "$built/nextpnr-ice40.core.wasm" \
    --hx1k --package tq144 --pcf-allow-unconstrained -q "$@"
}

check() {
  cp "$built/noise.json" .
  nextpnr --seed 1 --json /w/noise.json --asc /w/actual.asc --log /w/log 2>/dev/null
  grep -q '^Info: Max frequency for clock .*: [0-9.]* MHz' log || fail "the log: $(cat log)"
  expect_same "placed and routed" "$built/expected.asc" actual.asc
  run --dir .::/w "$built/icepack.core.wasm" /w/actual.asc /w/actual.bin
  expect_same "the bit stream" "$built/expected.bin" actual.bin

  # It ends with abort() once it has said what is wrong.
  echo 'set_io clk 999' >wrong.pcf
  expect_status 134 nextpnr --json /w/noise.json --pcf /w/wrong.pcf 2>error
  grep -q "ERROR: .*pin named '999'" error || fail "message: $(cat error)"
}
