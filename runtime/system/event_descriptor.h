// EventDescriptor: a file descriptor that is readable while a condition holds, so that a thread that waits in the
// system (poll) notices it. Thread rule: not thread-safe; Interruption guards the one that it has.
#pragma once

namespace mini_wasm::runtime {

class EventDescriptor {
 public:
  EventDescriptor() = default;
  ~EventDescriptor();
  EventDescriptor(const EventDescriptor&) = delete;
  EventDescriptor& operator=(const EventDescriptor&) = delete;

  // Creates the descriptor, at first not readable. False when the system gives none.
  bool make();
  int fd() const { return fd_; }  // negative before `make`
  void set(bool readable);

 private:
  int fd_ = -1;
};

}  // namespace mini_wasm::runtime
