// Memory for machine code: one reservation per engine, mapped twice. Code is written through one view, which is not
// executable, and runs in the other, which is not writable; nothing is ever both, and publishing code needs no system
// call. Where one view lies says nothing of where the other does, and there is no descriptor for either.
//
// The pages are shared, as two views of them must be, and so a child of fork would run what its parent writes. Fork
// handlers give it a copy of its own instead, at the same addresses (code_memory_fork.cc).
// Thread rule: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

namespace mini_wasm::jit {

class CodeMemory {
 public:
  // A cache line: where in one a function begins changes calls and short loops by up to a third.
  static constexpr size_t kAlignment = 64;

  // `most`: bytes, as far as the CPU's code reaches (Backend::reach); less where the process may not have many addresses
  // (`ulimit -v`). `from_file`: as if pages could not be had without a file, for tests.
  explicit CodeMemory(size_t most, bool from_file = false);
  ~CodeMemory();
  CodeMemory(const CodeMemory&) = delete;
  CodeMemory& operator=(const CodeMemory&) = delete;

  // False when the system would not give memory that can run.
  bool usable() const { return run_ != nullptr; }
  // Where `bytes` of code will run; null when there is no room, and unless `is_ours`.
  uint8_t* allocate(size_t bytes);
  void free(uint8_t* code, size_t bytes);
  // Where to write what runs (or is read) at `code`.
  template <class T>
  T* writable(T* code) const {
    return reinterpret_cast<T*>(reinterpret_cast<uintptr_t>(code) - reinterpret_cast<uintptr_t>(run_) +
                                reinterpret_cast<uintptr_t>(write_));
  }
  // Code, or a thunk, has been written: to be called before anybody runs it. CPUs that fetch instructions past what has
  // been written need it; for others it is nothing.
  void publish(const uint8_t* code, size_t bytes) const {
    auto* const begin = reinterpret_cast<char*>(const_cast<uint8_t*>(code));
    __builtin___clear_cache(begin, begin + bytes);
  }
  // False in a process that shares the pages with its parent, which may change them and runs what is in them: one that
  // was forked by the bare system call, without fork handlers, or for which no copy could be made.
  bool is_ours() const;
  bool contains(const void* pc) const {
    return usable() && reinterpret_cast<uintptr_t>(pc) - reinterpret_cast<uintptr_t>(run_) < reserved_;
  }

 private:
  friend class ForkHandlers;
  // New pages in one writable view, and what it takes to map them once more.
  struct Pages {
    uint8_t* view = nullptr;
    int file = -1;
  };

  // code_memory_<os>.cc
  void map(size_t most, bool from_file);
  bool map_pages(bool from_file);
  void unmap();
  Pages make_pages(bool from_file) const;
  bool map_again(const Pages& pages, uint8_t* at) const;
  void drop(Pages& pages) const;
  void make_copy();  // before a fork: of all that is used, in `copy_`; under the lock, as the next two
  void drop_copy();
  void become_copy();  // in the child: puts it in the place of the pages
  bool copy_used(uint8_t* to) const;
  void discard(size_t offset, size_t bytes);  // gives whole pages back
  void populate();                            // pages for what is used, and more the more that is

  size_t reserved_ = 0;
  uint8_t* run_ = nullptr;
  uint8_t* write_ = nullptr;
  bool from_file_ = false;            // how the pages were made
  volatile uint8_t* mark_ = nullptr;  // not 0 in the process that the pages belong to
  Pages copy_;
  std::mutex mutex_;
  // Everything from here on has never been used. Not from the start: clang's -fsanitize=function reads what stands in
  // front of a function before it calls it.
  size_t used_ = kAlignment;
  size_t populated_ = 0;           // up to there, pages have been asked for ahead of their use
  std::map<size_t, size_t> free_;  // offset -> bytes, neighbours joined
};

// From here on, what is done before and after a fork is done for this one, too.
void add_to_fork_handlers(CodeMemory& memory);
void remove_from_fork_handlers(CodeMemory& memory);

}  // namespace mini_wasm::jit
