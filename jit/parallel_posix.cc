#include <pthread.h>

#include <vector>

#include "jit/parallel.h"

namespace mini_wasm::jit {
namespace {

struct Job {
  void (*work)(void*);
  void* data;
};

void* run(void* job) {
  static_cast<Job*>(job)->work(static_cast<Job*>(job)->data);
  return nullptr;
}

}  // namespace

void run_on_threads(uint32_t threads, void (*work)(void* data), void* data) {
  Job job{work, data};
  std::vector<pthread_t> others;
  others.reserve(threads);
  for (uint32_t i = 1; i < threads; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, run, &job) != 0) break;
    others.push_back(thread);
  }
  work(data);
  for (pthread_t thread : others) pthread_join(thread, nullptr);
}

}  // namespace mini_wasm::jit
