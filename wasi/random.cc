// random_get, with the kernel's generator or the embedder's.
#include <sys/random.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>

#include "core/guarded.h"
#include "wasi/context.h"

namespace mini_wasm {

namespace wasi {

namespace {

// The number of bytes that were filled; an interrupted call has filled none.
ErrnoOr<size_t> fill_from_system(std::span<uint8_t> bytes) {
  const ssize_t size = ::getrandom(bytes.data(), bytes.size(), 0);
  if (size < 0 && errno != EINTR) return last_error();
  return static_cast<size_t>(std::max<ssize_t>(size, 0));
}

}  // namespace

// Works in pieces. Between two pieces it checks for an interrupt, and other threads may use the object.
Errno Context::random_get(GuestMemory memory, GuestBytes buffer) {
  constexpr size_t kPiece = size_t{64} << 10;
  const auto bytes = memory.range(buffer);
  if (!bytes) return Errno::fault;
  for (size_t done = 0; done < bytes->size();) {
    if (done != 0 && is_interrupted()) return interrupted();
    const auto piece = bytes->subspan(done, std::min(kPiece, bytes->size() - done));
    if (config_.random) {
      config_.random(piece);
      done += piece.size();
      continue;
    }
    const auto fill = [&] { return fill_from_system(piece); };
    const ErrnoOr<size_t> size = bytes->size() > kPiece ? let_others_in(fill) : fill();
    if (!size.ok()) return size.error();
    done += *size;
  }
  return Errno::success;
}

}  // namespace wasi

// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
WasiRandom wasi_random_from_seed(uint64_t seed) {
  const auto make = [seed] {
    const auto state = std::make_shared<std::atomic<uint64_t>>(seed);
    return WasiRandom([state](std::span<uint8_t> bytes) {
      for (size_t i = 0; i < bytes.size(); i += 8) {
        constexpr uint64_t kStep = 0x9e3779b97f4a7c15;
        uint64_t z = state->fetch_add(kStep) + kStep;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        z ^= z >> 31;
        for (size_t k = i; k < std::min(i + 8, bytes.size()); ++k, z >>= 8) bytes[k] = static_cast<uint8_t>(z);
      }
    });
  };
  return guarded(make, [] { return WasiRandom(); });
}

}  // namespace mini_wasm
