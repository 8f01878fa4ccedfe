#include "spec-tests/embedding/fiber.h"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

// AddressSanitizer can keep locals in frames that belong to a thread and end with it. Fibers move between threads, so
// that is switched off.
extern "C" const char* __asan_default_options() { return "detect_stack_use_after_return=0"; }

namespace mini_wasm::embedding {

constexpr unsigned char kPattern = 0xa5;

StackMemory::StackMemory(size_t bytes)
    : bytes_(bytes),
      memory_(static_cast<unsigned char*>(
          mmap(nullptr, kBelow + bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
  std::memset(memory_, kPattern, kBelow);
}

StackMemory::~StackMemory() {
  EXPECT_FALSE(was_overrun()) << bytes_;
  munmap(memory_, kBelow + bytes_);
}

bool StackMemory::was_overrun() const {
  return !std::all_of(memory_, memory_ + kBelow, [](unsigned char byte) { return byte == kPattern; });
}

Fiber::Fiber(size_t bytes, bool announced, std::function<void()> work) : memory_(bytes), work_(std::move(work)) {
  if (announced) announced_ = std::make_unique<NativeStack>(memory_.low(), memory_.bytes());
  getcontext(&inside_);
  inside_.uc_stack.ss_sp = memory_.low();
  inside_.uc_stack.ss_size = memory_.bytes();
  inside_.uc_link = nullptr;
  const auto self = reinterpret_cast<uintptr_t>(this);
  makecontext(&inside_, reinterpret_cast<void (*)()>(&Fiber::begin), 2, static_cast<unsigned>(self),
              static_cast<unsigned>(self >> 32));
}

Fiber::~Fiber() { EXPECT_TRUE(done_); }

void Fiber::begin(unsigned low, unsigned high) {
  Fiber& self = *reinterpret_cast<Fiber*>(uintptr_t{high} << 32 | low);
  self.work_();
  self.done_ = true;
  self.suspend();
}

void Fiber::resume() { swapcontext(&outside_, &inside_); }
void Fiber::suspend() { swapcontext(&inside_, &outside_); }

void run_on_thread(size_t bytes, const std::function<void()>& work) {
  const StackMemory memory(bytes);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstack(&attributes, memory.low(), memory.bytes()), 0) << bytes;
  const auto run = [](void* data) -> void* {
    (*static_cast<const std::function<void()>*>(data))();
    return nullptr;
  };
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, &attributes, run, const_cast<std::function<void()>*>(&work)), 0) << bytes;
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

[[gnu::noinline]] void call_with_room(uintptr_t low, size_t left, const std::function<void()>& work) {
  volatile char used[256];  // makes the frame larger
  used[0] = 0;
  if (runtime::stack_address() > low + left) {
    call_with_room(low, left, work);
  } else {
    work();
  }
  static_cast<void>(used[0]);  // after the call, so that it is no jump
}

}  // namespace mini_wasm::embedding
