// There is one thread: what happens once needs no lock.
#pragma once

typedef int mini_wasm_once_t;
#define pthread_once_t mini_wasm_once_t
#define PTHREAD_ONCE_INIT 0

static inline int pthread_once(pthread_once_t *once, void (*initialize)(void)) {
  if (!*once) {
    *once = 1;
    initialize();
  }
  return 0;
}
