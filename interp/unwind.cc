// From a throw to the clause that catches it. Code that does not throw pays nothing: the tables that translation left
// are searched here, frame by frame.
#include <algorithm>

#include "interp/interpreter.h"
#include "runtime/module_inst.h"

namespace mini_wasm::interp {

using runtime::InstanceContext;
using runtime::Slot;

namespace {

bool catches(const CatchEntry& entry, const InstanceContext& ctx, const runtime::gc::ExceptionObject& exception) {
  return !has_tag(entry.kind) || ctx.instance->tags[entry.tag] == exception.tag;
}

const CatchEntry* find_catch(const FuncCode& code, uint32_t word, const InstanceContext& ctx,
                             const runtime::gc::ExceptionObject& exception) {
  uint32_t depth = HandlerRange::kAnyDepth;
  for (const HandlerRange& range : code.handlers) {
    if (word < range.begin || word >= range.end || range.depth > depth) continue;
    depth = std::min(depth, range.outer);
    for (uint32_t i = 0; i < range.catch_count; ++i) {
      const CatchEntry& entry = code.catches[range.catches + i];
      if (catches(entry, ctx, exception)) return &entry;
    }
  }
  return nullptr;
}

void deliver(const CatchEntry& entry, Slot* fp, const runtime::gc::ExceptionObject& exception) {
  Slot* to = fp + entry.slot;
  if (entry.keeps_exception) *to++ = runtime::gc::to_ref(&exception);
  if (has_tag(entry.kind)) to = std::copy_n(exception.args(), exception.length, to);
  if (pushes_exnref(entry.kind)) *to = runtime::gc::to_ref(&exception);
}

}  // namespace

Interpreter::Handler Interpreter::unwind(const Word* pc, Slot* fp, InstanceContext* ctx,
                                         const runtime::gc::ExceptionObject& exception) {
  while (const FuncCode* code = find_code(pc)) {
    const uint32_t word = static_cast<uint32_t>(pc - code->words.get());
    if (const CatchEntry* entry = find_catch(*code, word, *ctx, exception)) {
      deliver(*entry, fp, exception);
      return {code, code->words.get() + entry->target, fp, ctx};
    }
    const Slot* link = fp + code->link;
    // Into the call, not behind it.
    pc = reinterpret_cast<const Word*>(link[runtime::kLinkReturnPc]) - 1;
    fp = reinterpret_cast<Slot*>(link[runtime::kLinkCallerFp]);
    ctx = reinterpret_cast<InstanceContext*>(link[runtime::kLinkContext]);
  }
  return {};
}

}  // namespace mini_wasm::interp
