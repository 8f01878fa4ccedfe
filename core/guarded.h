// What happens when there is no memory. Inside the library, the standard containers throw std::bad_alloc, or
// std::length_error for more elements than any memory could hold, and destructors run; nothing else is ever thrown.
// Every function that is called from outside catches it with `guarded`: the functions of the public headers, and those
// that running code calls, because an exception must not unwind through frames of machine code.
#pragma once

#include <mini_wasm/result.h>

#include <new>
#include <stdexcept>
#include <utility>

namespace mini_wasm {

inline Error out_of_memory() noexcept {
  Error error;
  error.kind = ErrorKind::limit;
  error.message = "out of memory";  // so short that it needs no memory
  return error;
}

// The result of `work()`, or of `otherwise()` when there was not enough memory for it.
template <class Work, class Otherwise>
auto guarded(Work&& work, Otherwise&& otherwise) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
  return otherwise();
}
// The same for a function that returns a Result.
template <class Work>
auto guarded(Work&& work) -> decltype(work()) {
  return guarded(std::forward<Work>(work), [] { return decltype(work())(out_of_memory()); });
}

}  // namespace mini_wasm
