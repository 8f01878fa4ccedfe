// random_get, with the kernel's generator.
#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "wasi/context.h"

namespace mini_wasm::wasi {

// Works in pieces. Between two pieces it checks for an interrupt, and other threads may use the object.
Errno Context::random_get(GuestMemory memory, GuestBytes buffer) {
  constexpr size_t kPiece = size_t{64} << 10;
  const auto bytes = memory.range(buffer);
  if (!bytes) return Errno::fault;
  for (size_t done = 0; done < bytes->size();) {
    if (done != 0 && is_interrupted()) return interrupted();
    const auto generate = [&] { return ::getrandom(bytes->data() + done, std::min(kPiece, bytes->size() - done), 0); };
    const ssize_t size = bytes->size() > kPiece ? let_others_in(generate) : generate();
    if (size < 0 && errno != EINTR) return last_error();
    if (size > 0) done += static_cast<size_t>(size);
  }
  return Errno::success;
}

}  // namespace mini_wasm::wasi
