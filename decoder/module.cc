// Look-ups in a decoded module.
#include "decoder/module.h"

namespace mini_wasm::decoder {

std::string_view Module::func_name(FuncIdx f) const {
  if (raw(f) < names.functions.size() && !names.functions[raw(f)].empty()) return names.functions[raw(f)];
  for (const Export& e : exports) {
    if (e.kind == ExternKind::func && e.index == raw(f)) return e.name;
  }
  return {};
}

}  // namespace mini_wasm::decoder
