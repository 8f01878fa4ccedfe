// Context: what one guest program sees of the host: its arguments, its environment and its descriptors. It has one
// method for each WASI function. It does not know how it is called or where the guest's memory is; every method works
// on bytes.
//
// The parameters are those of the witx signature. Results of witx are returned, and bind.h stores them. Each method
// checks everything that the guest has passed before it acts. Comments say only what the preview1 document does not.
// Thread rule: one thread at a time. CallScope makes the others wait, and lets them in while a call waits. There is no
// state outside the object.
#pragma once

#include <mini_wasm/result.h>
#include <mini_wasm/wasi.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/cache/cache_fence.h"
#include "runtime/store.h"
#include "wasi/abi.h"
#include "wasi/bind.h"
#include "wasi/clocks.h"
#include "wasi/fd_table.h"
#include "wasi/guest_ptr.h"
#include "wasi/host_file.h"
#include "wasi/program_interrupt.h"
#include "wasi/sandbox.h"
#include "wasi/write_allowance.h"

namespace mini_wasm::wasi {

using GuestString = GuestArray<const char>;
using GuestBytes = GuestArray<uint8_t>;
using Iovecs = GuestArray<const Iovec>;

class Context {
 public:
  // Opens the preopened directories. Errors: io, usage.
  static Result<std::unique_ptr<Context>> make(WasiConfig config,
                                               Sandbox::Strategy strategy = Sandbox::best_strategy());

  // args_environ.cc
  Errno args_get(GuestMemory, GuestPtr<uint32_t> argv, GuestPtr<char> buffer);
  ErrnoOr<std::tuple<Size, Size>> args_sizes_get();
  Errno environ_get(GuestMemory, GuestPtr<uint32_t> environ, GuestPtr<char> buffer);
  ErrnoOr<std::tuple<Size, Size>> environ_sizes_get();

  // clock.cc
  ErrnoOr<Timestamp> clock_res_get(ClockId);
  ErrnoOr<Timestamp> clock_time_get(ClockId, Timestamp precision);

  // fd.cc: descriptors, without reading and writing
  Errno fd_advise(Fd, FileSize offset, FileSize size, Advice);
  Errno fd_allocate(Fd, FileSize offset, FileSize size);
  Errno fd_close(Fd);
  Errno fd_datasync(Fd);
  ErrnoOr<Fdstat> fd_fdstat_get(Fd);
  Errno fd_fdstat_set_flags(Fd, FdFlags);
  Errno fd_fdstat_set_rights(Fd, Rights base, Rights inheriting);
  ErrnoOr<Filestat> fd_filestat_get(Fd);
  Errno fd_filestat_set_size(Fd, FileSize);
  Errno fd_filestat_set_times(Fd, Timestamp atim, Timestamp mtim, FstFlags);
  ErrnoOr<Prestat> fd_prestat_get(Fd);
  Errno fd_prestat_dir_name(GuestMemory, Fd, GuestBytes name);
  Errno fd_renumber(Fd from, Fd to);
  Errno fd_sync(Fd);

  // fd_io.cc: reading and writing
  ErrnoOr<Size> fd_pread(GuestMemory, Fd, Iovecs, FileSize offset);
  ErrnoOr<Size> fd_pwrite(GuestMemory, Fd, Iovecs, FileSize offset);
  ErrnoOr<Size> fd_read(GuestMemory, Fd, Iovecs);
  ErrnoOr<Size> fd_readdir(GuestMemory, Fd, GuestBytes buffer, DirCookie);
  ErrnoOr<FileSize> fd_seek(Fd, FileDelta, Whence);
  ErrnoOr<FileSize> fd_tell(Fd);
  ErrnoOr<Size> fd_write(GuestMemory, Fd, Iovecs);

  // path.cc
  Errno path_create_directory(GuestMemory, Fd, GuestString path);
  ErrnoOr<Filestat> path_filestat_get(GuestMemory, Fd, LookupFlags, GuestString path);
  Errno path_filestat_set_times(GuestMemory, Fd, LookupFlags, GuestString path, Timestamp atim, Timestamp mtim,
                                FstFlags);
  Errno path_link(GuestMemory, Fd old_fd, LookupFlags, GuestString old_path, Fd new_fd, GuestString new_path);
  ErrnoOr<Size> path_readlink(GuestMemory, Fd, GuestString path, GuestBytes buffer);
  Errno path_remove_directory(GuestMemory, Fd, GuestString path);
  Errno path_rename(GuestMemory, Fd old_fd, GuestString old_path, Fd new_fd, GuestString new_path);
  Errno path_symlink(GuestMemory, GuestString target, Fd, GuestString path);
  Errno path_unlink_file(GuestMemory, Fd, GuestString path);

  // path_open.cc
  ErrnoOr<Fd> path_open(GuestMemory, Fd, LookupFlags, GuestString path, OFlags, Rights base, Rights inheriting,
                        FdFlags);

  // poll.cc
  ErrnoOr<Size> poll_oneoff(GuestMemory, GuestPtr<const Subscription>, GuestPtr<Event>, Size count);
  // For both ABIs: the subscriptions have already been copied out of the guest. At most as many events are written to
  // `events`.
  ErrnoOr<Size> poll(GuestMemory, const std::vector<Subscription>&, GuestPtr<Event> events);

  // proc.cc
  ProcExit proc_exit(uint32_t code);
  Errno proc_raise(uint8_t signal);
  Errno sched_yield();

  // random.cc
  Errno random_get(GuestMemory, GuestBytes buffer);

  // sock.cc
  ErrnoOr<Fd> sock_accept(Fd, FdFlags);
  ErrnoOr<std::tuple<Size, RoFlags>> sock_recv(GuestMemory, Fd, Iovecs, RiFlags);
  ErrnoOr<Size> sock_send(GuestMemory, Fd, Iovecs, SiFlags);
  Errno sock_shutdown(Fd, SdFlags);

  // saved_state.cc: Wasi::save and Wasi::load
  Result<std::vector<uint8_t>> save();
  Result<void> load(std::span<const uint8_t> state);
  struct Saved {      // a descriptor; see Descriptor::Origin
    uint32_t at = 0;  // where it stands in the state
    uint32_t number = 0, begin = 0;
    std::optional<std::string> path;
    Rights base = 0, inheriting = 0, not_asked = 0;
    FdFlags flags = 0;
    uint64_t position = 0;
  };

  FdTable& fds() { return fds_; }
  ProgramInterrupt& program_interrupt() { return program_interrupt_; }

  // WasiConfig::trace.
  bool traces() const { return config_.trace != nullptr; }
  void trace(std::string_view line) const { config_.trace(line); }

  // Whether this thread is in a call already: a function of the embedder that a call has called has called a guest.
  bool is_in_call() const { return owner_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }
  // While it exists, other threads cannot use the object, except while the call waits. An interrupt of `store` ends the
  // waiting. The thread must not be in a call already.
  class CallScope {
   public:
    explicit CallScope(Context& context, runtime::Store* store = nullptr)
        : context_(context), store_(store), lock_(context.mutex_) {
      context_.enter(this);
    }
    ~CallScope() { context_.leave(); }
    CallScope(const CallScope&) = delete;
    CallScope& operator=(const CallScope&) = delete;
    // Whether an interrupt has ended the call. Then the call has had no effect.
    bool interrupted() const { return interrupted_; }

   private:
    friend class Context;
    Context& context_;
    runtime::Store* store_;
    std::unique_lock<std::mutex> lock_;
    bool interrupted_ = false;
  };

 private:
  runtime::Store* store() const { return call_ == nullptr ? nullptr : call_->store_; }
  void enter(CallScope* call) {
    call_ = call;
    owner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  }
  void leave() {
    call_ = nullptr;
    owner_.store(std::thread::id(), std::memory_order_relaxed);
  }
  // While it exists, other threads may use the object.
  class OthersMayEnter {
   public:
    explicit OthersMayEnter(Context& context) : context_(context), call_(context.call_) {
      if (call_ == nullptr) return;
      context_.leave();
      call_->lock_.unlock();
    }
    ~OthersMayEnter() {
      if (call_ == nullptr) return;
      call_->lock_.lock();
      context_.enter(call_);
    }
    OthersMayEnter(const OthersMayEnter&) = delete;
    OthersMayEnter& operator=(const OthersMayEnter&) = delete;

   private:
    Context& context_;
    CallScope* const call_;
  };
  // Calls `wait` while other threads may use the object. `wait` must not use anything in the object that may change.
  template <class F>
  auto let_others_in(F wait) {
    const OthersMayEnter others(*this);
    return wait();
  }

  // --- Waiting (waiting.cc): a call first tries without waiting (without_waiting.h), then waits while others may enter

  bool is_interrupted() const { return store() != nullptr && store()->interrupted(); }
  // Makes the call end with a trap. Returns intr.
  Errno interrupted();
  // Waits until poll reports `events`. `in_vain` says that the last attempt failed although poll had reported them. The
  // caller must keep the descriptor alive. Errors: again, if the descriptor is in non-blocking mode; intr.
  Errno wait_until_ready(const Descriptor& descriptor, short events, bool in_vain);
  // Calls `attempt()`, which does not wait, and repeats it after waiting for as long as it fails with `again`.
  template <class Attempt>
  ErrnoOr<Size> when_ready(const Descriptor& descriptor, short events, Attempt attempt) {
    std::shared_ptr<const Descriptor> held;
    for (bool in_vain = false;; in_vain = true) {
      const ErrnoOr<Size> size = attempt();
      if (size.ok() || size.error() != Errno::again) return size;
      held = descriptor.shared_from_this();
      const Errno error = wait_until_ready(descriptor, events, in_vain);
      if (error != Errno::success) return error;
    }
  }
  // For an operation that takes long but does not wait for anybody: other threads may use the object meanwhile. Keeps
  // the descriptor alive.
  template <class Call>
  auto take_long(const Descriptor& descriptor, Call call) {
    const std::shared_ptr<const Descriptor> held = descriptor.shared_from_this();
    return let_others_in(call);
  }
  // For a FIFO that was opened for reading without waiting: waits until somebody has opened it for writing. Error:
  // intr.
  Errno wait_for_writer(const File& fifo);
  // For an opening for writing that has failed because nobody reads (Errno::nxio): if the file is a FIFO, opens it as
  // soon as somebody reads. The caller must keep `dir` alive. Errors: intr; those of File::open.
  ErrnoOr<Opened> open_when_read(const Descriptor& dir, const std::string& path, OpenRequest request);
  template <class Done>
  Errno look_until(Done done);  // waits until done() is true; error: intr

  // fd_io.cc: moves bytes between a list of buffers and the file that `attempt(buffers, max_bytes, bytes done so far)`
  // reads or writes.
  template <class Attempt>
  ErrnoOr<Size> transfer(GuestMemory memory, const Descriptor& descriptor, Iovecs list, short events, Attempt attempt);
  // Calls `write(bytes)` with the number of bytes that the guest may still write (WasiConfig::max_written), at most
  // `wanted`. Messages are not cut off. Errors: nospc, those of `write`.
  template <class Write>
  ErrnoOr<Size> write_allowed(const File& file, uint64_t wanted, Write write) {
    WriteAllowance::Part part(allowance_, wanted);
    const uint64_t allowed = part.granted();
    if (allowed < wanted && (allowed == 0 || file.type() == FileType::socket_dgram)) return Errno::nospc;
    const ErrnoOr<Size> size = write(allowed);
    if (size.ok()) part.use(*size);
    return size;
  }

  Context(WasiConfig config, Sandbox::Strategy strategy)
      : config_(std::move(config)),
        sandbox_(strategy),
        clocks_(config_.clock),
        allowance_(config_.max_written),
        fds_(config_.max_open_files) {}
  Result<void> check_config() const;
  Result<void> open_stdio();
  // Gives the guest one more descriptor; std::nullopt: one that is closed. Error: limit.
  Result<void> add(std::optional<Descriptor> descriptor);
  std::optional<Descriptor> host_stream(int fd, Rights direction) const;
  std::optional<Descriptor> input(const WasiInput& in) const;
  std::optional<Descriptor> output(const WasiOutput& out, uint64_t number) const;
  Result<Descriptor> open_host_directory(const std::string& path);
  Descriptor memory_directory(size_t preopen) const;
  Result<void> open_preopens();
  Result<void> adopt_sockets();
  Result<void> load(const std::vector<Saved>& saved);
  ErrnoOr<std::shared_ptr<Descriptor>> make_again(const Saved& saved, const Descriptor& begin);

  // A directory of the guest and a checked path that is relative to it.
  struct PathAt {
    Descriptor* dir = nullptr;
    std::string path;
  };
  // What path_open does with a checked path. The caller keeps `dir` alive.
  ErrnoOr<std::shared_ptr<Descriptor>> open_at(const Descriptor& dir, const std::string& path, OpenRequest request);
  ErrnoOr<PathAt> path_at(GuestMemory, Fd, Rights needed, GuestString path);

  WasiConfig config_;
  Sandbox sandbox_;
  Clocks clocks_;
  WriteAllowance allowance_;
  FdTable fds_;
  std::vector<runtime::CacheFence> fences_;  // of the preopened directories
  ProgramInterrupt program_interrupt_;
  std::mutex mutex_;
  CallScope* call_ = nullptr;             // the call that runs now
  std::atomic<std::thread::id> owner_{};  // its thread
};

// Copies an array of subscriptions out of the guest, before any event overwrites it. `Layout` is the structure of the
// ABI. Errors: inval, for no subscriptions or too many; fault.
Errno check_subscription_count(Size count);
template <class Layout>
Errno read_subscriptions(GuestMemory memory, GuestArray<const Layout> array, std::vector<Layout>& subscriptions) {
  if (const Errno error = check_subscription_count(array.count); error != Errno::success) return error;
  const auto bytes = memory.range(array);
  if (!bytes) return Errno::fault;
  subscriptions.resize(array.count);
  std::memcpy(subscriptions.data(), bytes->data(), bytes->size());
  return Errno::success;
}

// Converts a path of the guest to a path of the host. Errors: fault; inval for a NUL; ilseq for text that is not UTF-8.
ErrnoOr<std::string> read_path(GuestMemory memory, GuestString path);

}  // namespace mini_wasm::wasi
