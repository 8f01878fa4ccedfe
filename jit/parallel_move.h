// ParallelMove: moves between registers that all happen at once, in effect. They are emitted in an order in which no
// move overwrites a register that a later one reads; cycles are broken with a scratch register.
#pragma once

#include <array>
#include <cstdint>

#include "jit/value.h"

namespace mini_wasm::jit {

class ParallelMove {
 public:
  // Adds the move of `from` to `to`. A register may be the target of at most one move.
  void add(Scalar type, Reg to, Reg from) {
    if (to != from) moves_[count_++] = {type, to, from};
  }

  // Emits all moves and removes them. Destroys the scratch registers.
  template <class Masm>
  void emit(Masm& masm) {
    while (count_ != 0) {
      const uint32_t before = count_;
      for (uint32_t i = count_; i-- > 0;) {
        if (is_source(moves_[i].to)) continue;
        masm.move(moves_[i].type, moves_[i].to, moves_[i].from);
        moves_[i] = moves_[--count_];
      }
      if (count_ != before) continue;
      // Only cycles are left. Saving the source of one move opens its cycle: the move that was waiting for that
      // register can now be emitted. The cycle is finished, and the scratch register free, before the next one is
      // opened.
      const Reg scratch = Masm::scratch(moves_[0].type);
      masm.move(moves_[0].type, scratch, moves_[0].from);
      moves_[0].from = scratch;
    }
  }

 private:
  struct Move {
    Scalar type = Scalar::i32;
    Reg to, from;
  };
  bool is_source(Reg reg) const {
    for (uint32_t i = 0; i < count_; ++i) {
      if (moves_[i].from == reg) return true;
    }
    return false;
  }

  std::array<Move, Reg::kCount> moves_;
  uint32_t count_ = 0;
};

}  // namespace mini_wasm::jit
