// CodeMemory: memory for machine code. Each engine has one range of pages, which is mapped twice:
//
//   * Code is written through one view, which is not executable.
//   * Code runs in the other view, which is not writable.
//
// So no page is writable and executable at the same address, and no system call is needed to make new code executable.
// The two views are at independent random addresses: an attacker who knows one cannot compute the other. No file
// descriptor for the pages stays open.
//
// Two views are possible only with a shared mapping. A child of fork would therefore run the code that its parent
// writes. So before a fork the parent makes a copy of the pages. Afterwards the child uses the copy, at the same
// addresses, and the parent drops it. Threads that allocate or free code in the meantime wait.
// Thread rule: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

#include "runtime/system/fork_handlers.h"

namespace mini_wasm::jit {

class CodeMemory : private runtime::ForkHandler {
 public:
  // Bytes; a cache line. Without it, calls and short loops could take up to a third more time, depending on where in a
  // line a function begins.
  static constexpr size_t kAlignment = 64;

  // `most`: size in bytes, at most Backend::reach; 0: no code memory. It is made smaller when the address space of the
  // process is limited (`ulimit -v`). `from_file`: take the pages from an anonymous file, which otherwise happens only
  // on systems where nothing else works; for tests.
  explicit CodeMemory(size_t most, bool from_file = false);
  ~CodeMemory();
  CodeMemory(const CodeMemory&) = delete;
  CodeMemory& operator=(const CodeMemory&) = delete;

  // Whether the system gave executable memory.
  bool usable() const { return run_ != nullptr; }
  // Reserves memory for `bytes` of code. Returns the address where it will run; null when there is no room, or when the
  // memory is not this process's (`is_ours`).
  uint8_t* allocate(size_t bytes);
  // Frees what `allocate(bytes)` returned. Does nothing for null, and when the memory is not this process's.
  void free(uint8_t* code, size_t bytes);
  // The address at which the bytes at `code` can be written.
  template <class T>
  T* writable(T* code) const {
    return reinterpret_cast<T*>(reinterpret_cast<uintptr_t>(code) - reinterpret_cast<uintptr_t>(run_) +
                                reinterpret_cast<uintptr_t>(write_));
  }
  // False in a child of fork that shares the pages with its parent: it must neither run nor change what is in them.
  // That happens when the child was made by the bare system call, without fork handlers, or when no copy could be made.
  bool is_ours() const;
  bool contains(const void* pc) const {
    return usable() && reinterpret_cast<uintptr_t>(pc) - reinterpret_cast<uintptr_t>(run_) < reserved_;
  }

 private:
  // New pages with one writable view. `file`: the anonymous file that they belong to; -1 if they have none.
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
  void at_fork(Moment moment);
  void make_copy();    // copies all used pages to `copy_`
  void become_copy();  // replaces the pages by the copy
  bool copy_used(uint8_t* to) const;
  void discard(size_t offset, size_t bytes);  // gives the memory of whole pages back to the system
  void populate();  // asks for the memory of pages before they are used: for more of them, the more are in use

  size_t reserved_ = 0;               // bytes of each view
  uint8_t* run_ = nullptr;            // the executable view
  uint8_t* write_ = nullptr;          // the writable view
  bool from_file_ = false;            // how the pages were made
  volatile uint8_t* mark_ = nullptr;  // a page of its own; its first byte is 0 in a process that does not own the pages
  Pages copy_;                        // only while the process forks
  std::mutex mutex_;                  // guards copy_ and everything below
  // Bytes from this offset on have never been allocated. It does not start at 0: clang's -fsanitize=function reads the
  // bytes before a function when it is called.
  size_t used_ = kAlignment;
  size_t populated_ = 0;           // `populate` has asked for pages up to this offset
  std::map<size_t, size_t> free_;  // freed ranges: offset -> bytes; neighbours are joined
};

}  // namespace mini_wasm::jit
