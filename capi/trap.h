// wasm_frame_t, and texts about traps.
#pragma once

#include <string>

#include "capi/store.h"
#include "core/guarded.h"

struct wasm_frame_t {
  wasm_instance_t* instance;  // owned; null when it is not known
  uint32_t func_index;
  size_t func_offset, module_offset;
};

namespace mini_wasm::capi {

// A copy of a text with a zero at its end; empty when there is no memory.
template <class Make>
void text_into(wasm_message_t* out, Make make) {
  if (out == nullptr) return;
  wasm_byte_vec_new_empty(out);
  guarded(
      [&] {
        const std::string text = make();
        wasm_byte_vec_new(out, text.size() + 1, text.c_str());
      },
      [] {});
}

}  // namespace mini_wasm::capi
