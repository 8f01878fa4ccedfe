// The search from a throw to the clause that catches it. Code that does not throw pays nothing: the tables that
// translation has left are searched here, frame by frame.
#include "interp/interpreter.h"
#include "runtime/instance/module_inst.h"

namespace mini_wasm::interp {

using runtime::InstanceContext;
using runtime::Slot;

Interpreter::Handler Interpreter::unwind(const Word* pc, Slot* fp, InstanceContext* ctx,
                                         const runtime::gc::ExceptionObject& exception) {
  while (const FuncCode* code = find_code(pc)) {
    const uint32_t word = static_cast<uint32_t>(pc - code->translation->words);
    if (const runtime::CatchEntry* entry = code->translation->exceptions.find(word, *ctx->instance, exception)) {
      runtime::deliver(*entry, fp, exception);
      return {code, code->translation->words + entry->target, fp, ctx};
    }
    const Slot* link = fp + code->link;
    // A position inside the call, because the instruction after it may be outside of a handler's range.
    pc = reinterpret_cast<const Word*>(link[runtime::kLinkReturnPc]) - 1;
    fp = reinterpret_cast<Slot*>(link[runtime::kLinkCallerFp]);
    ctx = reinterpret_cast<InstanceContext*>(link[runtime::kLinkContext]);
  }
  return {};
}

}  // namespace mini_wasm::interp
