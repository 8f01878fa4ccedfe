// Look-ups in a decoded module.
#include "decoder/module.h"

#include "decoder/name_section.h"

namespace mini_wasm::decoder {

const Names& Module::names() const {
  names_->once.call([this] { names_->names = read_name_section(*this); });
  return names_->names;
}

std::string_view Module::func_name(FuncIdx f) const {
  const std::vector<std::string_view>& functions = names().functions;
  if (raw(f) < functions.size() && !functions[raw(f)].empty()) return functions[raw(f)];
  for (const Export& e : exports) {
    if (e.kind == ExternKind::func && e.index == raw(f)) return e.name;
  }
  return {};
}

}  // namespace mini_wasm::decoder
