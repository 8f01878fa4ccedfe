// Reads the name section with the ordinary Reader, and forgets its errors.
#include "decoder/name_section.h"

#include <algorithm>
#include <tuple>

#include "decoder/reader.h"

namespace mini_wasm::decoder {
namespace {

constexpr uint8_t kModuleName = 0, kFunctionNames = 1, kLocalNames = 2;

// A name map (7.4.1.2): calls each(index, name) up to the first entry that is malformed.
template <class Each>
void read_name_map(Reader& r, Each each) {
  const uint32_t count = r.count(2, "names");
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t index = r.u32();
    const std::string_view name = r.name();
    if (!r.ok()) return;
    each(index, name);
  }
}

}  // namespace

Names read_name_section(const Module& module) {
  Names names;
  Reader r(module.bytes, module.name_section);
  while (r.ok() && !r.at_end()) {
    const uint8_t id = r.u8();
    const uint32_t at = r.offset();
    const uint32_t size = r.u32();
    const ByteRange range = r.sized(size, at);
    if (!r.ok()) break;
    Reader sub(module.bytes, range);
    if (id == kModuleName) {
      names.module = sub.name();
    } else if (id == kFunctionNames) {
      names.functions.assign(module.funcs.size(), {});
      read_name_map(sub, [&](uint32_t index, std::string_view name) {
        if (index < names.functions.size()) names.functions[index] = name;
      });
    } else if (id == kLocalNames) {
      names.locals = range;
    }
  }
  return names;
}

std::string_view LocalNames::find(uint32_t func, uint32_t local) const {
  const auto key = std::make_tuple(func, local);
  const auto it = std::lower_bound(entries.begin(), entries.end(), key,
                                   [](const Entry& e, const auto& k) { return std::make_tuple(e.func, e.local) < k; });
  return it != entries.end() && it->func == func && it->local == local ? it->name : std::string_view{};
}

LocalNames read_local_names(const Module& module) {
  LocalNames result;
  Reader r(module.bytes, module.names().locals);
  const uint32_t count = r.count(2, "functions");
  for (uint32_t i = 0; i < count && r.ok(); ++i) {
    const uint32_t func = r.u32();
    read_name_map(r, [&](uint32_t local, std::string_view name) { result.entries.push_back({func, local, name}); });
  }
  std::sort(result.entries.begin(), result.entries.end(), [](const auto& a, const auto& b) {
    return std::make_tuple(a.func, a.local) < std::make_tuple(b.func, b.local);
  });
  return result;
}

}  // namespace mini_wasm::decoder
