// The guest of call_bench and instance_bench: a function for each kind of call, and loops that make many of one kind.
#define EXPORT(name) __attribute__((export_name(#name), noinline))

__attribute__((import_module("bench"), import_name("host"))) int host(int x);

// Hides a value from the optimiser, so that no call is folded away.
static inline int opaque(int value) {
  __asm__ volatile("" : "+r"(value));
  return value;
}

EXPORT(add_one) int add_one(int x) { return opaque(x) + 1; }
static int add_two(int x) { return opaque(x) + 2; }

static int (*volatile const kTable[2])(int) = {add_one, add_two};

EXPORT(loop_empty) int loop_empty(int n) {
  int x = 0;
  for (; n != 0; --n) x = opaque(x);
  return x;
}

EXPORT(loop_direct) int loop_direct(int n) {
  int x = 0;
  for (; n != 0; --n) x = add_one(x);
  return x;
}

EXPORT(loop_indirect) int loop_indirect(int n) {
  int x = 0;
  for (; n != 0; --n) x = kTable[n & 1](x);
  return x;
}

EXPORT(loop_host) int loop_host(int n) {
  int x = 0;
  for (; n != 0; --n) x = host(x);
  return x;
}

EXPORT(loop_grow) int loop_grow(int n) {
  int x = 0;
  for (; n != 0; --n) x += (int)__builtin_wasm_memory_grow(0, 0);
  return x;
}

EXPORT(loop_grow_page) int loop_grow_page(int n) {
  int x = 0;
  for (; n != 0; --n) x += (int)__builtin_wasm_memory_grow(0, 1);
  return x;
}

static char pages[64 << 10];

// Writes to every 4 KiB of so many bytes.
EXPORT(dirty) int dirty(int bytes) {
  for (int i = 0; i < bytes; i += 4096) ((volatile char*)pages)[i] = 1;
  return bytes;
}

EXPORT(read) int read_at(unsigned address) { return *(volatile int*)address; }

EXPORT(trap) int trap(int x) {
  if (x != 0) __builtin_trap();
  return x;
}
