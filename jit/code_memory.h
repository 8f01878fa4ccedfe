// Memory for machine code: one reservation per engine, mapped twice. Code is written through one view, which is not
// executable, and runs in the other, which is not writable; nothing is ever both, and publishing code needs no system
// call. Everything in a reservation reaches everything else with 32-bit displacements.
// Thread rule: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

namespace mini_wasm::jit {

class CodeMemory {
 public:
  static constexpr size_t kReserved = size_t{1} << 30;
  static constexpr size_t kAlignment = 16;

  CodeMemory();
  ~CodeMemory();
  CodeMemory(const CodeMemory&) = delete;
  CodeMemory& operator=(const CodeMemory&) = delete;

  // False when the system would not give memory that can run.
  bool usable() const { return run_ != nullptr; }
  // Where `bytes` of code will run; null when there is no room, and unless `is_ours`: the mappings are shared with the
  // parent, which runs what is in them.
  uint8_t* allocate(size_t bytes);
  void free(uint8_t* code, size_t bytes);
  // Where to write what runs (or is read) at `code`.
  template <class T>
  T* writable(T* code) const {
    return reinterpret_cast<T*>(reinterpret_cast<uintptr_t>(code) - reinterpret_cast<uintptr_t>(run_) +
                                reinterpret_cast<uintptr_t>(write_));
  }
  // False in a process forked from the one that made this.
  bool is_ours() const;
  bool contains(const void* pc) const {
    return usable() && reinterpret_cast<uintptr_t>(pc) - reinterpret_cast<uintptr_t>(run_) < kReserved;
  }

 private:
  // code_memory_<os>.cc
  bool map();
  void unmap();
  void discard(size_t offset, size_t bytes);  // gives whole pages back
  void populate();                            // pages for what is used, and more the more that is

  uint8_t* run_ = nullptr;
  uint8_t* write_ = nullptr;
  int file_ = -1;
  volatile uint8_t* mark_ = nullptr;  // not 0 in the process that made this
  std::mutex mutex_;
  // Everything from here on has never been used. Not from the start: clang's -fsanitize=function reads what stands in
  // front of a function before it calls it.
  size_t used_ = kAlignment;
  size_t populated_ = 0;           // up to there, pages have been asked for ahead of their use
  std::map<size_t, size_t> free_;  // offset -> bytes, neighbours joined
};

}  // namespace mini_wasm::jit
