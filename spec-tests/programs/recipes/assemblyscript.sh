# A program of ours in AssemblyScript: another compiler's code (binaryen), its own garbage collector.

build() {
  npm_packages assemblyscript@0.27.37 @assemblyscript/wasi-shim@0.1.0
  cp "$files/program.ts" .
  node node_modules/assemblyscript/bin/asc.js program.ts --optimize \
    --config node_modules/@assemblyscript/wasi-shim/asconfig.json --outFile assemblyscript.wasm
  rm -rf node_modules
}

check() {
  echo 'sixteen letters' | expect_status 3 run --env MOOD=fine "$built/assemblyscript.wasm" world >actual 2>error
  expect_same "standard output" "$inputs/program.expected" actual
  echo 'to standard error' | expect_same "standard error" - error
}
