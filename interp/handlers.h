// The handlers of the interpreter, found by operation and by where the operands are. A look-up gives null where a
// combination does not exist: the translator then brings an operand to its slot first.
//
// Operand encodings (see code.h): "d <- a, b" names fields; an operand in the accumulator or the pinned local uses
// none.
#pragma once

#include <mini_wasm/trap.h>

#include <array>

#include "core/opcode.h"
#include "interp/dispatch.h"
#include "interp/places.h"

namespace mini_wasm::runtime::gc {
enum class Storage : uint8_t;
}

namespace mini_wasm::interp {

// The types that handlers tell apart; references are i64.
enum class Scalar : uint8_t { i32, i64, f32, f64, v128 };

// The same instruction by where its result goes: slot, accumulator, pinned local.
using ByResult = std::array<Handler, 3>;

// d <- a, b (b: x as immediate, b() as slot; wide: word 2)
// Of vector instructions also:
//   three operands: d <- a, b(), c(), the first two in slots, `b` the place of the third
//   extract_lane: d <- a, x: lane;  replace_lane: d <- a, b(), c(): lane;  shuffle: d <- a, b(), words 2 and 3: lanes
// A constant on the left, where the operation does not commute: x or word 2, and b as slot is field a.
const ByResult* numeric_handlers(Op op, Place a, Place b);
// second(first(a, b), c), or second(c, first(a, b)) when reversed: d <- a, b(), c(), the latter two in slots or signed
// 16-bit immediates, c in the accumulator, too.
// By a, then by b and c: see fused_places.
using FusedHandlers = std::array<std::array<ByResult, 6>, 3>;
constexpr size_t fused_places(Place b, Place c) {
  return (b == Place::slot ? 0 : 1) + (c == Place::slot ? 0 : c == Place::imm ? 2 : 4);
}
const FusedHandlers* fused_handlers(Op first, Op second, bool reversed);
// if (compare(a, b) == sense) pc += x;  b: d as slot or as signed 16-bit immediate
Handler branch_compare_handler(Op compare, Place a, Place b, bool sense, bool backward);
// Locals in slots or pinned. d += b(), a += c(), immediates.
Handler two_steps_handler(Place first, Place second);
// d <- a, then b() <- c(): from slots, or signed 16-bit immediates. No more of a slot is read than has been written, or
// the CPU would wait for memory.
enum class Copied : uint8_t { slot_32, slot_64, small };
Handler copy_pair_handler(Copied first, Copied second);
// d <- a as above; if ((b() != 0) == sense) pc += x of word 2, backward.
Handler copy_and_branch_handler(Copied kind, Place condition, bool sense);
// d += word 2; if (compare(d, a)) pc += x, backward; the local d pinned or a slot, word 2 and a slots or immediates.
Handler step_and_branch_handler(Op compare, Place local, Place by, Place b);
// if ((a != 0) == sense) pc += x
Handler branch_if_handler(Place a, bool sense, bool backward);
// d <- memory0[a + x]; a as immediate: memory0[x]
const ByResult* load_handlers(Op op, Place a);
// d <- memory0[a + b() + c()], the first sum being an i32.add; or memory0[a + x], the sum being one, with b an
// immediate
const ByResult* load_sum_handlers(Op op, Place a, Place b);
// d <- memory0[a + x]; if ((d != 0) == sense) pc += x of word 2. To the accumulator it only decides on the branch.
Handler load_branch_handler(Op op, Place a, Place d, bool sense, bool backward);
// memory0[a + x] <- d; d as slot or as signed 16-bit immediate
Handler store_handler(Op op, Place a, Place value);
// The same for any memory, all in slots; x: memory index, word 2: offset.
struct CheckedForm {
  bool is_64;   // the memory
  bool clamps;  // Config::speculation_guards
  static constexpr size_t kCount = 4;
  constexpr size_t index() const { return (is_64 ? 1 : 0) + (clamps ? 2 : 0); }
};
Handler checked_load_handler(Op op, CheckedForm form);
Handler checked_store_handler(Op op, CheckedForm form);
// One lane of a vector and memory 0, all else in slots; word 2: slot of the vector | lane << 16
//   load: d <- the vector with a lane from memory0[a + x];  store: memory0[a + x] <- the lane
const ByResult* load_lane_handlers(Op op);
Handler store_lane_handler(Op op);
// The same for any memory; x: memory index, word 2: offset, word 3 as word 2 above.
Handler checked_lane_handler(Op op, CheckedForm form);
// Atomic instructions, all in slots: d <- a: address, b(), c(); word 2: offset, word 3: memory index. The first is for
// memory 0 behind guard pages.
Handler atomic_handler(Op op);
Handler checked_atomic_handler(Op op, CheckedForm form);
// 128-bit arithmetic, all in slots: d, d + 1 <- a, b(), c(), word 2
Handler wide_handler(Op op);
// d <- a (x as immediate, word 2 as wide)
Handler copy_handler(Scalar type, Place a, Place d);
// d <- c() != 0 ? a : b()
const ByResult* select_handlers(Scalar type, Place condition);
// d <- global x / global x <- a
const ByResult* global_get_handlers(Scalar type);
Handler global_set_handler(Scalar type, Place a);
// fp[0] <- a (x as immediate, word 2 as wide), return; d: link slot
Handler return_value_handler(Scalar type, Place a);
// Calls an entry of a table (word 2: type id | table << 32), index at b(), with arguments at a; d: pinned slot
Handler call_indirect_handler(Place index, bool index_64);
// The same as a tail call, index in a slot; c(): argument slots; d: link slot. A host function is called like any other
// and returns behind the instruction.
Handler tail_call_indirect_handler(bool index_64);
// Goes to the i-th of x + 1 targets or the last; index at a. Behind it the handler of each, then its distance, two to a
// word.
Handler br_table_handler(Place index);

enum class Special : uint8_t {
  br,  // pc += x
  br_backward,
  return_,           // d: link slot; results are in place
  call,              // word 2: FuncCode*; arguments at a; d: pinned slot of the caller (also below)
  call_import,       // x: function index
  call_ref,          // b(): slot of the function reference
  tail_call,         // word 2: FuncCode*; arguments at a, x: their slots; d: link slot
  tail_call_import,  // word 2: function index; a, x, d as above; a host function returns behind it
  tail_call_ref,     // b(): slot of the function reference, c(): argument slots; a, d as above
  throw_,            // exception of tag x with d argument slots from a on
  throw_ref,         // the exception at a
  copy_slots,        // d.. <- a.., x of them
  null_check,        // traps when the reference at a is null; x: TrapCode
  lazy,              // stands in a FuncCode alone
  count_call,        // word 1: FuncCode*
  count_loop,        // word 1: FuncCode*, word 2: which of its loops
  enter_compiled,    // word 1: FuncCode*, word 2: address of its machine code
  unreachable,
  ref_func,  // d <- function x
  atomic_fence,
  memory_size,  // d <- size of memory x
  // Operands in slots from a on, result there, too; x: index, b(), c(): two indices
  memory_grow,
  memory_fill,
  memory_copy,
  memory_init,
  data_drop,
  table_get,
  table_set,
  table_size,
  table_grow,
  table_fill,
  table_copy,  // x, word 2: the two tables
  table_init,
  elem_drop,
};
Handler special_handler(Special s);
// Instructions on structures, arrays, i31: three words; d operand slots from a on, the result at a. Word 2: the layout
// of the type that is made; x: a count or a segment. ref.test (result at d) and ref.cast: word 2 is the CastTarget.
Handler gc_handler(Op op);
// Field and element access by what is stored; x: offset of the field.
Handler gc_access_handler(Op op, runtime::gc::Storage storage, bool clamps);

// Instructions that are not part of any function.
const Word* finish_code();  // what a frame entered from the host returns to

// The code whose first word is `handler`: for tests and the disassembly of translated code.
inline Word to_word(Handler handler) { return reinterpret_cast<Word>(handler); }

}  // namespace mini_wasm::interp
