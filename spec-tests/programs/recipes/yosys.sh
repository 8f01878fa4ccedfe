# yosys 0.55, a synthesizer of hardware: lists folders for its library of cells, runs ABC inside itself, and proves with
# a solver of its own that what it made does what it was made from.

build() {
  npm_packages @yowasp/yosys@0.55.944
  mv node_modules/@yowasp/yosys/gen/yosys.core.wasm yosys.wasm
  node "$files/extract.mjs" node_modules/@yowasp/yosys/gen/resources-yosys.js tree
  rm -rf node_modules
}

yosys() {
  run --argv0 yosys --read-only-dir "$built/tree/share::/share" --dir tmp::/tmp --dir .::/w "$built/yosys.wasm" "$@"
}

check() {
  mkdir tmp
  cp "$inputs/counter.v" .
  yosys -q -p 'read_verilog /w/counter.v; synth_ice40 -top counter -json /w/counter.json; tee -q -o /w/stat stat'
  # Eight bits are eight flip-flops of the FPGA's that are set back together.
  awk '$1 ~ /^SB_DFF/ { flops += $2 } $1 == "SB_DFFSR" { reset += $2 } END { print flops, reset }' stat >actual
  echo 8 8 | expect_same "flip-flops" - actual
  grep -q '"creator": "Yosys 0.55' counter.json || fail "no JSON of the result"

  yosys -q -p 'read_verilog /w/counter.v; hierarchy -top counter; proc;
    equiv_opt -assert -map +/ice40/cells_sim.v synth_ice40'
  expect_status 1 yosys -q -p 'read_verilog /w/counter.v; no_such_command' 2>error
  grep -q 'No such command: no_such_command' error || fail "the message about a wrong command"
  expect_missing tmp/yosys*
}
