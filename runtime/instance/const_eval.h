// Values of constant expressions (spec 3.4 "Expressions"): the initial values of globals and tables, and
// the elements and offsets of segments. The expressions have been validated, so nothing is checked here.
#pragma once

#include <optional>

#include "decoder/module.h"
#include "runtime/instance/module_inst.h"

namespace mini_wasm::runtime {

struct ConstValue {
  Slot slots[2] = {0, 0};
};

// Evaluates `expr` in an instance. The instance must already have its functions, and those globals that the expression
// may refer to.
// Errors: trap (out of memory); limit, for an instruction that is not supported.
Result<ConstValue> eval_const(const ModuleInst& instance, decoder::ByteRange expr);

// The value of an expression that is a single i32.const or i64.const, which is the same in every instance. Empty for
// all other expressions.
std::optional<uint64_t> plain_const(const decoder::Module& module, decoder::ByteRange expr);
// Where a segment of `length` bytes or elements begins whose offset is the expression `offset`. Empty when that is not
// a single constant, or when the segment does not fit into a memory or table of `size`.
std::optional<uint64_t> plain_place(const decoder::Module& module, decoder::ByteRange offset, uint64_t length,
                                    uint64_t size);

}  // namespace mini_wasm::runtime
