// File descriptors that the library opens, for itself or for a guest. The numbers 0, 1 and 2 are the standard streams
// for everybody in the process, and by default for guests. If one of them is closed, the system gives its number to the
// next file that is opened. So no file that is opened here keeps such a number, and all are closed on exec. Every call
// in the library that makes a descriptor must be inside one of these functions (checked by
// spec-tests/layers/descriptors.sh).
// Thread rule: any thread.
#pragma once

namespace mini_wasm::runtime {

// Moves an open file to a descriptor number of at least 3. Returns `fd` itself when it is negative. Returns a negative
// number, with errno set and `fd` closed, when the process may have no more descriptors.
int above_standard_streams(int fd);
bool above_standard_streams(int (&ends)[2]);  // false: both are closed

// While such an object exists, this thread may have a descriptor of the library with a low number.
class OpeningScope {
 public:
  OpeningScope();
  ~OpeningScope();
  OpeningScope(const OpeningScope&) = delete;
  OpeningScope& operator=(const OpeningScope&) = delete;
};

// Calls `open` and returns its result, with errno unchanged. `open` is a system call that makes a descriptor which is
// closed on exec, and which does not wait for other processes.
template <class Open>
int open_own_descriptor(Open open) {
  const OpeningScope scope;
  return above_standard_streams(open());
}
// The same for calls that make two descriptors, such as pipe2. Returns false with errno when they could not be made.
template <class Open>
bool open_own_descriptors(int (&ends)[2], Open open) {
  const OpeningScope scope;
  return open(ends) == 0 && above_standard_streams(ends);
}

// Returns another descriptor for an open file; it is closed on exec. Negative with errno when there is none.
int duplicate_descriptor(int fd);

// Whether `fd` is open, and stays open. Not counted: a descriptor of the library that another thread is about to move
// to a higher number.
bool is_open_for_good(int fd);

}  // namespace mini_wasm::runtime
