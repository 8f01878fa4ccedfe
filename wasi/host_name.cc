#include "wasi/host_name.h"

#include <algorithm>
#include <cstdint>

#include "core/utf8.h"

namespace mini_wasm::wasi {

namespace {

// A byte 80 + n is written as U+10FF80 + n in UTF-8: f4 8f be 80+n, or f4 8f bf ... for the upper half.
constexpr size_t kEscapeSize = 4;

bool is_escape(std::string_view text) {
  return text.size() >= kEscapeSize && (text.starts_with("\xf4\x8f\xbe") || text.starts_with("\xf4\x8f\xbf"));
}

void append_escape(std::string& out, char byte) {
  const unsigned low = static_cast<uint8_t>(byte) & 0x7f;
  out += "\xf4\x8f";
  out += static_cast<char>(0xbe + (low >> 6));
  out += static_cast<char>(0x80 | (low & 0x3f));
}

char escaped_byte(std::string_view escape) {
  const unsigned upper = static_cast<uint8_t>(escape[2]) & 1, low = static_cast<uint8_t>(escape[3]) & 0x3f;
  return static_cast<char>(0x80 | (upper << 6) | low);
}

// The size in bytes of the first UTF-8 character of the text; 0 when the text does not begin with one.
size_t character_size(std::string_view text) {
  for (size_t size = 1; size <= std::min<size_t>(4, text.size()); ++size) {
    if (is_valid_utf8(text.substr(0, size))) return size;
  }
  return 0;
}

}  // namespace

std::string name_for_guest(std::string_view host) {
  if (is_valid_utf8(host) && host.find("\xf4\x8f") == host.npos) return std::string(host);
  std::string guest;
  while (!host.empty()) {
    const size_t size = character_size(host);
    if (size == 0 || is_escape(host)) {
      append_escape(guest, host.front());
      host.remove_prefix(1);
    } else {
      guest += host.substr(0, size);
      host.remove_prefix(size);
    }
  }
  return guest;
}

std::string name_for_host(std::string_view guest) {
  std::string host;
  while (!guest.empty()) {
    const bool escape = is_escape(guest);
    host += escape ? escaped_byte(guest) : guest.front();
    guest.remove_prefix(escape ? kEscapeSize : 1);
  }
  return host;
}

}  // namespace mini_wasm::wasi
