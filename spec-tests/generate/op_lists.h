// The opcodes that can be generated from their row in opcodes.def alone (with a fixed signature), by the kind of their
// result. And what each one does to the bits of NaNs, which the specification does not determine after arithmetic (spec
// 4.3.3, "NaN propagation").
// Thread rule: constant data, any thread.
#pragma once

#include <vector>

#include "core/opcode.h"
#include "spec-tests/generate/types.h"

namespace mini_wasm::generate {

// In which form a value may contain NaNs whose bits the engine has chosen.
enum class LooseNans : uint8_t { none, f32, f64, f32x4, f64x2 };

struct OpNans {
  LooseNans accepted = LooseNans::none;  // operands whose NaN bits have no effect on the result, except by `passed`
  bool made = false;                     // the result may contain such NaNs, whatever the operands are
  bool passed = false;                   // the result may contain them if an operand does
  LooseNans result = LooseNans::none;    // the form of the result
};

const OpNans& op_nans(Op op);

struct OpLists {
  std::vector<Op> computing[kNumericKinds];  // one result of that Kind, no memory access
  std::vector<Op> loading[kNumericKinds];    // one result of that Kind, from a memory: loads, atomics
  std::vector<Op> storing;                   // no result: stores, atomic stores, lane stores, fences
  std::vector<Op> pairs;                     // two results
};

// Opcodes with a fixed signature whose features are on, without constants.
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
