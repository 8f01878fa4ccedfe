// What happens when there is no memory. Inside of the library the standard containers throw std::bad_alloc, and
// destructors run; nothing else is ever thrown. Whoever is called from outside catches it here: the functions of the
// public headers, and what running code calls, since nothing may unwind through frames of machine code.
#pragma once

#include <mini_wasm/result.h>

#include <new>
#include <stdexcept>
#include <utility>

namespace mini_wasm {

inline Error out_of_memory() noexcept {
  Error error;
  error.kind = ErrorKind::limit;
  error.message = "out of memory";  // short enough to need none
  return error;
}

// The result of `work()`, or that of `otherwise()` when there was no memory for it.
template <class Work, class Otherwise>
auto guarded(Work&& work, Otherwise&& otherwise) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {  // more than a container can ever hold
  }
  return otherwise();
}
// The same for a function that gives a Result.
template <class Work>
auto guarded(Work&& work) -> decltype(work()) {
  return guarded(std::forward<Work>(work), [] { return decltype(work())(out_of_memory()); });
}

}  // namespace mini_wasm
