#include "wasi/trace.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "core/utf8.h"
#include "wasi/errno_map.h"

namespace mini_wasm::wasi {
namespace {

std::string hex(uint64_t value) {
  char digits[16];
  return "0x" + std::string(digits, std::to_chars(digits, digits + sizeof(digits), value, 16).ptr);
}

size_t slots_of(Shown shown) {
  switch (shown) {
    case Shown::nothing: return 0;
    case Shown::text:
    case Shown::array: return 2;
    default: return 1;
  }
}

// Shows a text, up to its first kLongest bytes. If it lies outside the memory, shows its pointer and size.
std::string text_at(GuestMemory memory, uint32_t offset, uint32_t size) {
  constexpr uint32_t kLongest = 200;
  const auto bytes = memory.range(offset, size);
  if (!bytes) return hex(offset) + "*" + std::to_string(size);
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), std::min(size, kLongest));
  return "\"" + escape_for_terminal(text) + (size > kLongest ? "\"..." : "\"");
}

template <class T>
std::string number_at(GuestMemory memory, uint32_t offset) {
  T value{};
  return memory.load(GuestPtr<T>{offset}, value) ? std::to_string(value) : hex(offset);
}

std::string result_at(Shown shown, GuestMemory memory, uint32_t offset) {
  switch (shown) {
    case Shown::byte: return number_at<uint8_t>(memory, offset);
    case Shown::half: return number_at<uint16_t>(memory, offset);
    case Shown::word: return number_at<uint32_t>(memory, offset);
    case Shown::wide: return number_at<uint64_t>(memory, offset);
    default: return "at " + hex(offset);
  }
}

}  // namespace

std::string arguments_text(const TraceShape& shape, GuestMemory memory, const uint64_t* slots) {
  std::string text = "(";
  for (const Shown shown : shape.params) {
    if (shown == Shown::nothing) continue;
    if (text.size() > 1) text += ", ";
    const auto offset = static_cast<uint32_t>(slots[0]);
    switch (shown) {
      case Shown::pointer: text += hex(offset); break;
      case Shown::text: text += text_at(memory, offset, static_cast<uint32_t>(slots[1])); break;
      case Shown::array: text += hex(offset) + "*" + std::to_string(static_cast<uint32_t>(slots[1])); break;
      case Shown::wide: text += std::to_string(slots[0]); break;
      default: text += std::to_string(offset);
    }
    slots += slots_of(shown);
  }
  return text + ")";
}

std::string results_text(const TraceShape& shape, GuestMemory memory, const uint64_t* slots, uint64_t error) {
  std::string text(errno_name(static_cast<Errno>(error)));
  if (static_cast<Errno>(error) != Errno::success) return text;
  for (const Shown shown : shape.params) slots += slots_of(shown);
  for (const Shown shown : shape.results) text += " " + result_at(shown, memory, static_cast<uint32_t>(*slots++));
  return text;
}

}  // namespace mini_wasm::wasi
