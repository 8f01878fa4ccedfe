// A descriptor that is readable while something is the case, for whoever waits in the system (poll).
// Thread rule: none of its own; Store guards its one.
#pragma once

namespace mini_wasm::runtime {

class EventDescriptor {
 public:
  EventDescriptor() = default;
  ~EventDescriptor();
  EventDescriptor(const EventDescriptor&) = delete;
  EventDescriptor& operator=(const EventDescriptor&) = delete;

  // Makes it, not readable. False when the system gives none.
  bool make();
  int fd() const { return fd_; }  // negative before `make`
  void set(bool readable);

 private:
  int fd_ = -1;
};

}  // namespace mini_wasm::runtime
