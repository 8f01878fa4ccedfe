// Descriptors that the library opens, for itself or for a guest. The numbers 0, 1 and 2 mean the standard streams to
// everybody in the process, and by default to guests: where one of them is closed, the system would give it to whatever
// is opened next. So nothing that is opened here keeps such a number, and all of it is closed on exec.
// Every call in the library that makes a descriptor stands in one of these (spec-tests/layers/descriptors.sh).
// Thread rule: any thread.
#pragma once

namespace mini_wasm::runtime {

// The same open file under a number from 3 on; `fd` itself when it is negative. Negative, with errno set and `fd`
// closed, when the process may have no more.
int above_standard_streams(int fd);
bool above_standard_streams(int (&ends)[2]);  // false: both are closed

// While one lives, this thread may have a descriptor of the library's at a low number.
class OpeningScope {
 public:
  OpeningScope();
  ~OpeningScope();
  OpeningScope(const OpeningScope&) = delete;
  OpeningScope& operator=(const OpeningScope&) = delete;
};

// The result of `open`, a system call that makes a descriptor which is closed on exec, and which does not wait for
// other people. Keeps its errno.
template <class Open>
int open_own_descriptor(Open open) {
  const OpeningScope scope;
  return above_standard_streams(open());
}
// The same for pipe2 and others that make two. False with errno when they could not be made.
template <class Open>
bool open_own_descriptors(int (&ends)[2], Open open) {
  const OpeningScope scope;
  return open(ends) == 0 && above_standard_streams(ends);
}

// Another number for an open file, which is closed on exec. Negative with errno when there is none.
int duplicate_descriptor(int fd);

// Whether `fd` is open, and not for the moment only that another thread takes to move a descriptor of the library's to
// a higher number.
bool is_open_for_good(int fd);

}  // namespace mini_wasm::runtime
