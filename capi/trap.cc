#include "capi/trap.h"

#include <algorithm>
#include <string_view>

#include "core/guarded.h"
#include "core/process_value.h"
#include "runtime/instance/module_inst.h"

namespace mini_wasm::capi {
namespace {

// The trap that says that there is no memory for another one.
struct NoMemoryTrap : wasm_trap_t {
  NoMemoryTrap() : wasm_trap_t(nullptr, out_of_memory()) { constant = true; }
};
const Immortal<NoMemoryTrap> no_memory_trap;

// The offset of the body of a frame's function in its module.
uint64_t body_of(const FrameInfo& frame) {
  if (frame.instance == nullptr) return 0;
  const std::vector<decoder::Func>& funcs = frame.instance->module->module().funcs;
  return frame.function_index < funcs.size() ? funcs[frame.function_index].body.begin : 0;
}

wasm_frame_t* make_frame(const wasm_trap_t& trap, const FrameInfo& frame) {
  auto* const made = new (std::nothrow) wasm_frame_t{};
  if (made == nullptr) return nullptr;
  made->func_index = frame.function_index;
  made->module_offset = frame.offset;
  made->func_offset = frame.offset - std::min(frame.offset, body_of(frame));
  if (trap.store != nullptr && frame.instance != nullptr) {
    made->instance = instance_ref(trap.store, frame.instance);
  }
  return made;
}

bool is_guest(const FrameInfo& frame) { return !frame.host; }

std::string message_of(const Error& error) {
  const bool plain = error.kind == ErrorKind::trap || error.kind == ErrorKind::host;
  return plain ? error.message : error.to_string();
}

}  // namespace

wasm_trap_t* trap_of(wasm_store_t* store, Error error) noexcept {
  auto* const made = new (std::nothrow) wasm_trap_t(store, std::move(error));
  if (made == nullptr) return const_cast<NoMemoryTrap*>(&*no_memory_trap);
  return static_cast<wasm_trap_t*>(share(made));
}

wasm_trap_t* usage_trap(wasm_store_t* store, const char* message) noexcept {
  return trap_of(store, guarded([&] { return Error::make(ErrorKind::usage, message); }, out_of_memory));
}

}  // namespace mini_wasm::capi

using namespace mini_wasm;
using namespace mini_wasm::capi;

wasm_trap_t* wasm_trap_new(wasm_store_t* store, const wasm_message_t* message) {
  if (store == nullptr) return nullptr;
  std::string_view text;
  if (message != nullptr) text = std::string_view(message->data, message->size);
  if (text.ends_with('\0')) text.remove_suffix(1);
  return trap_of(store, guarded([&] { return Error::host(std::string(text)); }, out_of_memory));
}

void wasm_trap_message(const wasm_trap_t* trap, wasm_message_t* out) {
  text_into(out, [&] { return trap == nullptr ? std::string() : message_of(trap->error); });
}

wasm_frame_t* wasm_trap_origin(const wasm_trap_t* trap) {
  if (trap == nullptr) return nullptr;
  const std::vector<FrameInfo>& frames = trap->error.backtrace;
  const auto first = std::find_if(frames.begin(), frames.end(), is_guest);
  return first == frames.end() ? nullptr : make_frame(*trap, *first);
}

void wasm_trap_trace(const wasm_trap_t* trap, wasm_frame_vec_t* out) {
  if (out == nullptr) return;
  wasm_frame_vec_new_empty(out);
  if (trap == nullptr) return;
  const std::vector<FrameInfo>& frames = trap->error.backtrace;
  wasm_frame_vec_new_uninitialized(out, static_cast<size_t>(std::count_if(frames.begin(), frames.end(), is_guest)));
  size_t next = 0;
  for (const FrameInfo& frame : frames) {
    if (next == out->size || !is_guest(frame)) continue;
    out->data[next] = make_frame(*trap, frame);
    if (out->data[next++] == nullptr) return wasm_frame_vec_delete(out);
  }
}

wasm_frame_t* wasm_frame_copy(const wasm_frame_t* frame) {
  if (frame == nullptr) return nullptr;
  auto* const made = new (std::nothrow) wasm_frame_t(*frame);
  if (made != nullptr) share(made->instance);
  return made;
}
void wasm_frame_delete(wasm_frame_t* frame) {
  if (frame == nullptr) return;
  drop(frame->instance);
  delete frame;
}
wasm_instance_t* wasm_frame_instance(const wasm_frame_t* frame) { return frame == nullptr ? nullptr : frame->instance; }
uint32_t wasm_frame_func_index(const wasm_frame_t* frame) { return frame == nullptr ? 0 : frame->func_index; }
size_t wasm_frame_func_offset(const wasm_frame_t* frame) { return frame == nullptr ? 0 : frame->func_offset; }
size_t wasm_frame_module_offset(const wasm_frame_t* frame) { return frame == nullptr ? 0 : frame->module_offset; }
