// The functions of wasi_unstable that differ from preview1.
#include "wasi/unstable.h"

#include <algorithm>
#include <limits>

namespace mini_wasm::wasi {

namespace {

ErrnoOr<unstable::Filestat> translate(const ErrnoOr<Filestat>& stat) {
  if (!stat.ok()) return stat.error();
  unstable::Filestat old{};
  old.dev = stat->dev;
  old.ino = stat->ino;
  old.filetype = stat->filetype;
  old.nlink = static_cast<uint32_t>(std::min<uint64_t>(stat->nlink, std::numeric_limits<uint32_t>::max()));
  old.size = stat->size;
  old.atim = stat->atim;
  old.mtim = stat->mtim;
  old.ctim = stat->ctim;
  return old;
}

Subscription translate(const unstable::Subscription& old) {
  Subscription subscription{};
  subscription.userdata = old.userdata;
  subscription.tag = old.tag;
  if (static_cast<EventType>(old.tag) == EventType::clock) {
    subscription.clock = {old.clock.id, 0, old.clock.timeout, old.clock.precision, old.clock.flags, {}};
  } else {
    subscription.fd = old.fd;
  }
  return subscription;
}

}  // namespace

ErrnoOr<unstable::Filestat> Unstable::fd_filestat_get(Fd fd) { return translate(context_.fd_filestat_get(fd)); }

ErrnoOr<FileSize> Unstable::fd_seek(Fd fd, FileDelta offset, unstable::Whence whence) {
  switch (whence) {
    case unstable::Whence::cur: return context_.fd_seek(fd, offset, Whence::cur);
    case unstable::Whence::end: return context_.fd_seek(fd, offset, Whence::end);
    case unstable::Whence::set: return context_.fd_seek(fd, offset, Whence::set);
  }
  return Errno::inval;
}

ErrnoOr<unstable::Filestat> Unstable::path_filestat_get(GuestMemory memory, Fd fd, LookupFlags flags,
                                                        GuestString path) {
  return translate(context_.path_filestat_get(memory, fd, flags, path));
}

ErrnoOr<Size> Unstable::poll_oneoff(GuestMemory memory, GuestPtr<const unstable::Subscription> in, GuestPtr<Event> out,
                                    Size count) {
  std::vector<unstable::Subscription> old;
  if (const Errno error = read_subscriptions(memory, GuestArray<const unstable::Subscription>{in.offset, count}, old);
      error != Errno::success) {
    return error;
  }
  std::vector<Subscription> subscriptions;
  for (const unstable::Subscription& subscription : old) subscriptions.push_back(translate(subscription));
  return context_.poll(memory, subscriptions, out);
}

}  // namespace mini_wasm::wasi
