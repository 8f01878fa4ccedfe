// Values of constant expressions (spec 3.3.15.2 "Constant Expressions"): initial values of globals and tables, elements
// and offsets of segments. They have been validated, so nothing is checked here.
#pragma once

#include <optional>

#include "decoder/module.h"
#include "runtime/module_inst.h"

namespace mini_wasm::runtime {

struct ConstValue {
  Slot slots[2] = {0, 0};
};

// Evaluates `expr` in an instance whose functions are there, and whose globals as far as the expression may name them.
// Errors: trap (out of memory); limit, for an instruction that is not supported.
Result<ConstValue> eval_const(const ModuleInst& instance, decoder::ByteRange expr);

// The value of an expression that is one i32.const or i64.const and thus the same in every instance; nothing for
// others.
std::optional<uint64_t> plain_const(const decoder::Module& module, decoder::ByteRange expr);
// Where a segment of `length` goes whose offset is that, if it fits into a memory or table of `size`.
std::optional<uint64_t> plain_place(const decoder::Module& module, decoder::ByteRange offset, uint64_t length,
                                    uint64_t size);

}  // namespace mini_wasm::runtime
