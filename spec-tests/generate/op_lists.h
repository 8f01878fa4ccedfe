// The opcodes that can be generated from their row alone (opcodes.def: a fixed signature), by what they produce; and
// what each does to a NaN's bits, which the specification leaves open after arithmetic (spec 4.3.3, "NaN propagation").
// Constant data: any thread.
#pragma once

#include <vector>

#include "core/opcode.h"
#include "spec-tests/generate/types.h"

namespace mini_wasm::generate {

// Where NaNs with bits of the engine's own choice may stand in a value.
enum class LooseNans : uint8_t { none, f32, f64, f32x4, f64x2 };

struct OpNans {
  LooseNans accepted = LooseNans::none;  // operands whose NaN bits cannot show in the result, save by `passed`
  bool made = false;                     // the result may hold such NaNs whatever the operands
  bool passed = false;                   // ... if an operand did
  LooseNans result = LooseNans::none;    // the shape of the result
};

const OpNans& op_nans(Op op);

struct OpLists {
  std::vector<Op> computing[kNumericKinds];  // one result of that Kind, no memory
  std::vector<Op> loading[kNumericKinds];    // the same from a memory: loads, atomics
  std::vector<Op> storing;                   // no result: stores, atomic stores, lane stores, fences
  std::vector<Op> pairs;                     // two results
};

// Opcodes with a fixed signature whose features are on, constants apart.
OpLists op_lists(FeatureSet features);

constexpr Kind kind_of(SigType type) {
  switch (type) {
    case SigType::i64: return Kind::i64;
    case SigType::f32: return Kind::f32;
    case SigType::f64: return Kind::f64;
    case SigType::v128: return Kind::v128;
    default: return Kind::i32;
  }
}

}  // namespace mini_wasm::generate
