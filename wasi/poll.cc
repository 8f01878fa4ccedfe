// poll_oneoff: waits until a clock reaches a time or a descriptor is ready.
//
// Each clock subscription becomes a time on a clock; each descriptor of the host becomes one pollfd, and the others are
// always ready. Calculations with times saturate: a deadline beyond the range of the clock never comes.
//
// On clocks that the embedder has chosen, time does not pass while descriptors are waited for: first it is seen which
// are ready, and when none is, time passes on the clocks.
#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <limits>
#include <memory>
#include <optional>

#include "core/limits.h"
#include "wasi/context.h"
#include "wasi/system_wait.h"

namespace mini_wasm::wasi {

namespace {

constexpr Size kMaxSubscriptions = limits::kMaxSubscriptions;
constexpr Timestamp kSecond = 1'000'000'000;
constexpr Timestamp kForever = std::numeric_limits<Timestamp>::max();

// What one subscription waits for, and the event that reports it.
struct Wait {
  Event event;
  bool done = false;
  // For a clock subscription: the time to reach. A relative time uses the monotonic clock, no matter which clock it
  // names.
  std::optional<ClockId> clock;
  Timestamp deadline = 0;
  // For a descriptor subscription: its index in the pollfds.
  size_t pollfd_index = 0;
  bool is_fd = false;

  void fail(Errno error) {
    event.error = error;
    done = true;
  }
  Timestamp remaining(const Clocks& clocks) const {
    if (deadline == kForever) return kForever;
    const Timestamp time = clocks.time(*clock);
    return deadline > time ? deadline - time : 0;
  }
};

void start_clock(Wait& wait, const Subscription& subscription, const Clocks& clocks) {
  const auto& clock = subscription.clock;
  if ((clock.flags & ~kSubclockAbstime) != 0) return wait.fail(Errno::inval);
  const auto id = static_cast<ClockId>(clock.id);
  if (id > ClockId::thread_cputime) return wait.fail(Errno::inval);
  if (id > ClockId::monotonic) return wait.fail(Errno::notsup);
  const bool absolute = (clock.flags & kSubclockAbstime) != 0;
  wait.clock = absolute ? id : ClockId::monotonic;
  const Timestamp start = absolute ? 0 : clocks.time(ClockId::monotonic);
  wait.deadline = clock.timeout > kForever - start ? kForever : start + clock.timeout;
}

class Poller {
 public:
  Poller(FdTable& fds, const Clocks& clocks, runtime::Store* store) : fds_(fds), clocks_(clocks), store_(store) {}

  void add(const Subscription& subscription) {
    Wait wait{};
    wait.event.userdata = subscription.userdata;
    wait.event.type = static_cast<EventType>(subscription.tag);
    switch (wait.event.type) {
      case EventType::clock: start_clock(wait, subscription, clocks_); break;
      case EventType::fd_read: start_fd(wait, Fd{subscription.fd}, rights::fd_read, POLLIN); break;
      case EventType::fd_write: start_fd(wait, Fd{subscription.fd}, rights::fd_write, POLLOUT); break;
      default: wait.fail(Errno::inval);
    }
    any_done_ |= wait.done;
    waits_.push_back(wait);
  }

  // Returns when at least one subscription is done, or with `intr` when the store is interrupted.
  Errno wait() {
    pollfds_.push_back({});
    do {
      timespec time;
      // A signal only ends one round of waiting early. It is not reported, because programs would take EINTR from a
      // sleep for a failure of the system.
      const Timestamp shortest = shortest_time();
      const bool passes = clocks_.are_chosen() && shortest != kForever;
      const Errno error =
          wait_in_system(pollfds_, to_timeout(passes ? 0 : shortest, time), any_done_ ? nullptr : store_);
      if (error != Errno::success) return error;
      for (Wait& wait : waits_) finish(wait);
      if (any_done_ || !passes) continue;
      if (const Errno slept = clocks_.sleep(shortest, store_); slept != Errno::success) return slept;
    } while (!any_done_);
    return Errno::success;
  }

  // Stores the events that happened, in the order of their subscriptions.
  ErrnoOr<Size> store(GuestMemory memory, GuestPtr<Event> events) const {
    Size count = 0;
    for (const Wait& wait : waits_) {
      if (!wait.done) continue;
      if (!memory.store(GuestArray<Event>{events.offset, kMaxSubscriptions}[count], wait.event)) return Errno::fault;
      ++count;
    }
    return count;
  }

 private:
  void start_fd(Wait& wait, Fd fd, Rights direction, short events) {
    const auto found = fds_.find(fd, rights::poll_fd_readwrite | direction);
    if (!found.ok()) return wait.fail(found.error());
    File& file = *(*found)->file;
    if (file.poll_descriptor() < 0) {
      wait.done = true;
      if (direction == rights::fd_read) wait.event.nbytes = file.readable();
      return;
    }
    wait.is_fd = true;
    wait.pollfd_index = pollfds_.size();
    pollfds_.push_back({file.poll_descriptor(), events, 0});
    held_.push_back((*found)->shared_from_this());
  }

  Timestamp shortest_time() const {
    Timestamp shortest = any_done_ ? 0 : kForever;
    for (const Wait& wait : waits_) {
      if (!wait.clock) continue;
      shortest = std::min(shortest, wait.remaining(clocks_));
      // The clock may be set meanwhile, so it is read again at least every second.
      if (*wait.clock == ClockId::realtime && !clocks_.are_chosen()) shortest = std::min(shortest, kSecond);
    }
    return shortest;
  }

  // Null: without a limit.
  static const timespec* to_timeout(Timestamp nanoseconds, timespec& time) {
    if (nanoseconds == kForever) return nullptr;
    time.tv_sec = static_cast<time_t>(nanoseconds / kSecond);
    time.tv_nsec = static_cast<long>(nanoseconds % kSecond);
    return &time;
  }

  void finish(Wait& wait) {
    if (wait.done) return;
    if (wait.clock) {
      wait.done = wait.remaining(clocks_) == 0;
    } else if (wait.is_fd && pollfds_[wait.pollfd_index].revents != 0) {
      finish_fd(wait, pollfds_[wait.pollfd_index]);
    }
    any_done_ |= wait.done;
  }

  static void finish_fd(Wait& wait, const pollfd& ready) {
    if ((ready.revents & POLLNVAL) != 0) return wait.fail(Errno::badf);
    wait.done = true;
    // An error (POLLERR) is left to the following read or write, which knows which error it is.
    if ((ready.revents & POLLHUP) != 0) wait.event.flags |= kEventHangup;
    int available = 0;
    if (wait.event.type == EventType::fd_read && ::ioctl(ready.fd, FIONREAD, &available) == 0 && available > 0) {
      wait.event.nbytes = static_cast<FileSize>(available);
    }
  }

  FdTable& fds_;
  const Clocks& clocks_;
  runtime::Store* store_;
  std::vector<Wait> waits_;
  std::vector<pollfd> pollfds_;
  std::vector<std::shared_ptr<Descriptor>> held_;  // kept open until the wait is over
  bool any_done_ = false;
};

}  // namespace

ErrnoOr<Size> Context::poll_oneoff(GuestMemory memory, GuestPtr<const Subscription> in, GuestPtr<Event> out,
                                   Size count) {
  std::vector<Subscription> subscriptions;
  if (const Errno error = read_subscriptions(memory, GuestArray<const Subscription>{in.offset, count}, subscriptions);
      error != Errno::success) {
    return error;
  }
  return poll(memory, subscriptions, out);
}

Errno check_subscription_count(Size count) {
  return count == 0 || count > kMaxSubscriptions ? Errno::inval : Errno::success;
}

ErrnoOr<Size> Context::poll(GuestMemory memory, const std::vector<Subscription>& subscriptions,
                            GuestPtr<Event> events) {
  if (!memory.range(GuestArray<Event>{events.offset, static_cast<uint32_t>(subscriptions.size())})) {
    return Errno::fault;
  }
  Poller poller(fds_, clocks_, store());
  for (const Subscription& subscription : subscriptions) poller.add(subscription);
  const Errno error = let_others_in([&] { return poller.wait(); });
  if (error != Errno::success) return error == Errno::intr ? interrupted() : error;
  return poller.store(memory, events);
}

}  // namespace mini_wasm::wasi
