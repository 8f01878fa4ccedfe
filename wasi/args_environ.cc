// args_get, args_sizes_get, environ_get, environ_sizes_get: two lists of C strings with the same layout.
#include <cstring>

#include "wasi/context.h"

namespace mini_wasm::wasi {

namespace {

// The number of strings in the list, and their size in bytes with terminators. Context::make has checked that both fit
// into 32 bits.
std::tuple<Size, Size> sizes(const std::vector<std::string>& strings) {
  Size bytes = 0;
  for (const std::string& s : strings) bytes += static_cast<Size>(s.size() + 1);
  return {static_cast<Size>(strings.size()), bytes};
}

// Writes the strings to `buffer` and their addresses to `table`. Writes nothing when one of the two does not fit into
// the memory.
Errno write(GuestMemory memory, const std::vector<std::string>& strings, GuestPtr<uint32_t> table,
            GuestPtr<char> buffer) {
  const auto [count, size] = sizes(strings);
  const auto pointers = memory.range(table.offset, uint64_t{count} * sizeof(uint32_t));
  const auto text = memory.range(buffer.offset, size);
  if (!pointers || !text) return Errno::fault;
  size_t at = 0;
  for (size_t i = 0; i < strings.size(); ++i) {
    const uint32_t address = buffer.offset + static_cast<uint32_t>(at);
    std::memcpy(pointers->data() + i * sizeof(address), &address, sizeof(address));
    std::memcpy(text->data() + at, strings[i].c_str(), strings[i].size() + 1);
    at += strings[i].size() + 1;
  }
  return Errno::success;
}

}  // namespace

Errno Context::args_get(GuestMemory memory, GuestPtr<uint32_t> argv, GuestPtr<char> buffer) {
  return write(memory, config_.args, argv, buffer);
}

ErrnoOr<std::tuple<Size, Size>> Context::args_sizes_get() { return sizes(config_.args); }

Errno Context::environ_get(GuestMemory memory, GuestPtr<uint32_t> environ, GuestPtr<char> buffer) {
  return write(memory, config_.env, environ, buffer);
}

ErrnoOr<std::tuple<Size, Size>> Context::environ_sizes_get() { return sizes(config_.env); }

}  // namespace mini_wasm::wasi
