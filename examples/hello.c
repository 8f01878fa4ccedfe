// The same as hello.wat in C. With Debian's packages clang-19, lld-19, wasi-libc and libclang-rt-19-dev-wasm32:
//   clang-19 --target=wasm32-wasi -O2 hello.c -o hello.wasm && mini-wasm run hello.wasm Ada Grace
#include <stdio.h>

int main(int argc, char** argv) {
  if (argc <= 1) puts("Hello, world!");
  for (int i = 1; i < argc; ++i) printf("Hello, %s!\n", argv[i]);
}
