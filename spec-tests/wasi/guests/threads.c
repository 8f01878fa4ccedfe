// Threads by wasi-threads: each has a stack of its own, and together they count, once with an atomic addition and once
// under a mutex that waits. No libc: the one that there is knows no threads.
//
// cflags: -pthread -matomics -mbulk-memory -ffreestanding
// ldflags: -nostdlib -Wl,--shared-memory -Wl,--import-memory -Wl,--max-memory=1048576 -Wl,--export=wasi_thread_start
// options: --wasm=threads
// output:
// threads 8
// atomic 80000
// mutex 80000

enum { kThreads = 8, kRounds = 10000, kStack = 8192 };

struct Iovec {
  const char *text;
  unsigned long length;
};
__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_write"))) int fd_write(
    int fd, const struct Iovec *iovecs, unsigned long count, unsigned long *written);
__attribute__((import_module("wasi_snapshot_preview1"), import_name("sched_yield"))) int sched_yield(void);
__attribute__((import_module("wasi"), import_name("thread-spawn"))) int thread_spawn(int argument);

static int lock_word, atomic_count, mutex_count, finished;

static void lock(void) {
  int state = 0;
  if (__atomic_compare_exchange_n(&lock_word, &state, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return;
  if (state != 2) state = __atomic_exchange_n(&lock_word, 2, __ATOMIC_SEQ_CST);
  while (state != 0) {
    __builtin_wasm_memory_atomic_wait32(&lock_word, 2, -1);
    state = __atomic_exchange_n(&lock_word, 2, __ATOMIC_SEQ_CST);
  }
}

static void unlock(void) {
  if (__atomic_exchange_n(&lock_word, 0, __ATOMIC_SEQ_CST) == 2) __builtin_wasm_memory_atomic_notify(&lock_word, 1);
}

static char stacks[kThreads][kStack] __attribute__((aligned(16)));

__attribute__((noinline)) static void work(int id) {
  volatile int on_stack = id;  // a stack shared by mistake would show
  for (int i = 0; i < kRounds; ++i) {
    __atomic_fetch_add(&atomic_count, 1, __ATOMIC_SEQ_CST);
    lock();
    ++mutex_count;
    unlock();
    if (i % 1000 == 0) sched_yield();
    if (on_stack != id) __builtin_trap();
  }
  __atomic_fetch_add(&finished, 1, __ATOMIC_SEQ_CST);
  __builtin_wasm_memory_atomic_notify(&finished, -1);
}

__asm__(".globaltype __stack_pointer, i32\n");

// The stack pointer is a global of the instance; a new one's points to the first thread's stack.
void wasi_thread_start(int id, int argument) {
  char *top = stacks[argument] + kStack;
  __asm__ volatile("local.get %0\n\tglobal.set __stack_pointer" : : "r"(top));
  work(id);
}

static void print(const char *name, int value) {
  char line[32], digits[12];
  unsigned long length = 0, n = 0;
  while (*name) line[length++] = *name++;
  line[length++] = ' ';
  do digits[n++] = (char)('0' + value % 10);
  while ((value /= 10) != 0);
  while (n > 0) line[length++] = digits[--n];
  line[length++] = '\n';
  const struct Iovec iovec = {line, length};
  fd_write(1, &iovec, 1, &n);
}

void _start(void) {
  int started = 0;
  for (int i = 0; i < kThreads; ++i) started += thread_spawn(i) > 0;
  for (int now; (now = __atomic_load_n(&finished, __ATOMIC_SEQ_CST)) < started;) {
    __builtin_wasm_memory_atomic_wait32(&finished, now, -1);
  }
  print("threads", started);
  print("atomic", atomic_count);
  print("mutex", mutex_count);
}
