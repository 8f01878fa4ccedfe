#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <span>

#include "runtime/system/host_file.h"
#include "runtime/system/native_stack.h"
#include "runtime/system/own_descriptor.h"
#include "runtime/system/virtual_memory.h"

namespace mini_wasm::runtime {

// For the main thread, the C library reads the answer from /proc.
StackBounds thread_stack() {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return {};
  void* address = nullptr;
  size_t size = 0;
  const bool found = pthread_attr_getstack(&attributes, &address, &size) == 0;
  pthread_attr_destroy(&attributes);
  if (!found) return {};
  auto low = reinterpret_cast<uintptr_t>(address);
  const uintptr_t high = low + size;
  // With an unlimited stack size, the answer reaches down to whatever is mapped below at the moment. Something else may
  // be mapped in that range later, so only a part of it is used.
  constexpr size_t kMostWithoutLimit = size_t{64} << 20;
  rlimit limit = {};
  if (size > kMostWithoutLimit && getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY) {
    low = high - kMostWithoutLimit;
  }
  return StackBounds::of(StackBounds::Kind::thread, low, high);
}

namespace {

constexpr size_t kMostPages = 32;  // the most places in one system call

// read_places where the system does not permit process_vm_readv: through a pipe, to which only what can be read can be
// written. An empty pipe has room for a page. Reads nothing if there is no descriptor left.
size_t read_through_pipe(char* to, const iovec* places, size_t count) {
  int ends[2];
  if (!open_own_descriptors(ends, [](int(&both)[2]) { return pipe2(both, O_CLOEXEC | O_NONBLOCK); })) return 0;
  const HostFile out(ends[0]), in(ends[1]);
  size_t copied = 0;
  for (const iovec& place : std::span(places, count)) {
    const auto bytes = static_cast<ssize_t>(place.iov_len);
    if (write(in.get(), place.iov_base, place.iov_len) != bytes) break;
    if (read(out.get(), to + copied, place.iov_len) != bytes) break;
    copied += place.iov_len;
  }
  return copied;
}

// Reads `bytes` bytes in total from `count` places, none of which is larger than a page. Returns how many bytes were
// read before the first place that cannot be read.
size_t read_places(char* to, const iovec* places, size_t count, size_t bytes) {
  iovec local = {to, bytes};
  const ssize_t read = process_vm_readv(getpid(), &local, 1, places, count, 0);
  if (read >= 0) [[likely]]
    return static_cast<size_t>(read);
  return errno == EFAULT ? 0 : read_through_pipe(to, places, count);
}

}  // namespace

uintptr_t readable_below(uintptr_t at, uintptr_t limit) {
  const uintptr_t page = os_page_size();
  char bytes[kMostPages];
  iovec places[kMostPages];
  uintptr_t low = at & ~(page - 1);
  while (low > limit) {
    const size_t count = std::min<size_t>(std::min(kMostPages, (low - limit + page - 1) / page), low / page);
    for (size_t i = 0; i < count; ++i) places[i] = {reinterpret_cast<void*>(low - (i + 1) * page), 1};
    const size_t read = read_places(bytes, places, count, count);
    low -= read * page;
    if (read < count) break;
  }
  return std::max(low, limit);
}

size_t copy_readable(void* to, uintptr_t from, size_t bytes) {
  // One place for each page, because process_vm_readv copies whole places only.
  const uintptr_t page = os_page_size();
  size_t copied = 0;
  while (copied < bytes) {
    iovec places[kMostPages];
    size_t count = 0, wanted = 0;
    for (; count < kMostPages && copied + wanted < bytes; ++count) {
      const uintptr_t at = from + copied + wanted;
      const size_t part = std::min(bytes - copied - wanted, page - (at & (page - 1)));
      places[count] = {reinterpret_cast<void*>(at), part};
      wanted += part;
    }
    const size_t read = read_places(static_cast<char*>(to) + copied, places, count, wanted);
    copied += read;
    if (read < wanted) break;
  }
  return copied;
}

namespace {

struct Errand {
  void (*work)(void*);
  void* data;
};

void* run_errand(void* data) {
  const Errand& errand = *static_cast<const Errand*>(data);
  errand.work(errand.data);
  return nullptr;
}

}  // namespace

// All signals are blocked on that thread: the host's signals must be handled on the host's threads.
bool run_on_other_stack(size_t bytes, void (*work)(void*), void* data) {
  Errand errand{work, data};
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  sigset_t all, before;
  sigfillset(&all);
  pthread_t thread;
  bool made = pthread_attr_setstacksize(&attributes, bytes + (size_t{64} << 10)) == 0;
  if (made) {
    pthread_sigmask(SIG_SETMASK, &all, &before);
    made = pthread_create(&thread, &attributes, &run_errand, &errand) == 0;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  pthread_attr_destroy(&attributes);
  if (made) pthread_join(thread, nullptr);
  return made;
}

}  // namespace mini_wasm::runtime
