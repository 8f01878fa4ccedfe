// The handlers of the interpreter, found by the operation and the places of its operands. A look-up returns null when a
// combination does not exist; then the translator first moves an operand to its slot.
//
// In the comments below, "d <- a, b" names fields of the instruction (see code.h). An operand in an accumulator or in
// the pinned local (a local in a register) uses no field.
#pragma once

#include <mini_wasm/trap.h>

#include <array>

#include "core/opcode.h"
#include "core/scalar.h"
#include "interp/dispatch.h"
#include "interp/places.h"

namespace mini_wasm::runtime::gc {
enum class Storage : uint8_t;
}

namespace mini_wasm::interp {

// The handlers of one instruction by the place of its result: slot, accumulator, pinned local.
using ByResult = std::array<Handler, 3>;

// d <- a, b. As an immediate, b is x; as a slot, b(); as a wide constant, word 2.
// Vector instructions also have these forms:
// * three operands: d <- a, b(), c(). The first two are in slots; `b` is the place of the third.
// * extract_lane: d <- a; x is the lane.
// * replace_lane: d <- a, b(); c() is the lane.
// * shuffle: d <- a, b(); words 2 and 3 are the lanes.
// A constant on the left, of an operation that does not commute: the constant is x or word 2, and b as a slot is field
// a.
const ByResult* numeric_handlers(Op op, Place a, Place b);
// d <- second(first(a, b), c), or second(c, first(a, b)) when reversed. b is b() and c is c(); each is a slot or a
// signed 16-bit immediate, and c may also be in the accumulator. The table is indexed by a, then by b and c
// (fused_places).
using FusedHandlers = std::array<std::array<ByResult, 6>, 3>;
constexpr size_t fused_places(Place b, Place c) {
  return (b == Place::slot ? 0 : 1) + (c == Place::slot ? 0 : c == Place::imm ? 2 : 4);
}
const FusedHandlers* fused_handlers(Op first, Op second, bool reversed);
// if (compare(a, b) == sense) pc += x. b is d, as a slot or a signed 16-bit immediate.
Handler branch_compare_handler(Op compare, Place a, Place b, bool sense, bool backward);
// d += b(), then a += c(). The locals d and a are in slots or pinned; the amounts are immediates.
Handler two_steps_handler(Place first, Place second);
// d <- a, then b() <- c(). The sources are slots or signed 16-bit immediates. The kind tells how many bytes of a slot
// were written: reading more than was just written would make the CPU wait for memory.
enum class Copied : uint8_t { slot_32, slot_64, small };
Handler copy_pair_handler(Copied first, Copied second);
// d <- a as above, then a backward branch: if ((b() != 0) == sense) pc += x of word 2.
Handler copy_and_branch_handler(Copied kind, Place condition, bool sense);
// d += word 2, then a backward branch: if (compare(d, a)) pc += x. The local d is pinned or in a slot; word 2 and a are
// slots or immediates.
Handler step_and_branch_handler(Op compare, Place local, Place by, Place b);
// if ((a != 0) == sense) pc += x
Handler branch_if_handler(Place a, bool sense, bool backward);
// d <- memory0[a + x]. With a as an immediate: d <- memory0[x].
const ByResult* load_handlers(Op op, Place a);
// d <- memory0[(a + b()) + c()], where a + b() is an i32.add, which wraps. With b as an immediate: d <- memory0[a + x],
// where a + x is the i32.add.
const ByResult* load_sum_handlers(Op op, Place a, Place b);
// d <- memory0[a + x]; if ((d != 0) == sense) pc += x of word 2. With the accumulator as d, the value is only used for
// the branch.
Handler load_branch_handler(Op op, Place a, Place d, bool sense, bool backward);
// memory0[a + x] <- d. The value d is a slot or a signed 16-bit immediate.
Handler store_handler(Op op, Place a, Place value);
// The same for any memory, with all operands in slots. x is the memory index, word 2 the offset.
struct CheckedForm {
  bool is_64;   // of the memory
  bool clamps;  // Config::speculation_guards
  static constexpr size_t kCount = 4;
  constexpr size_t index() const { return (is_64 ? 1 : 0) + (clamps ? 2 : 0); }
};
Handler checked_load_handler(Op op, CheckedForm form);
Handler checked_store_handler(Op op, CheckedForm form);
// Accesses to one lane of a vector, in memory 0, with all operands in slots. Word 2: slot of the vector | lane << 16.
//   load: d <- the vector with the lane from memory0[a + x];  store: memory0[a + x] <- the lane
const ByResult* load_lane_handlers(Op op);
Handler store_lane_handler(Op op);
// The same for any memory. x is the memory index, word 2 the offset, word 3 is what word 2 is above.
Handler checked_lane_handler(Op op, CheckedForm form);
// Atomic instructions, all in slots: d <- a: address, b(), c(); word 2: offset, word 3: memory index. The first is for
// memory 0 behind guard pages.
Handler atomic_handler(Op op);
Handler checked_atomic_handler(Op op, CheckedForm form);
// Whether a numeric instruction takes its operands from any place: all vector instructions, and scalar ones with one
// result and one operand, or two operands of the same type. A table, so that the answer for a known opcode is a constant.
inline constexpr auto kTakesPlaces = [] {
  std::array<bool, kOpCount> table{};
  for (size_t i = 0; i < kOpCount; ++i) {
    const OpInfo& info = kOpInfo[i];
    table[i] = info.result_count == 1 && (info.param_count == 1 || has_vectors(info) ||
                                          (info.param_count == 2 && info.params[0] == info.params[1]));
  }
  return table;
}();
// The other numeric instructions, such as 128-bit arithmetic, all in slots: d (and d + 1) <- a, b(), c(), word 2
Handler slots_handler(Op op);
// d <- a (x as immediate, word 2 as wide)
Handler copy_handler(Scalar type, Place a, Place d);
// d <- c() != 0 ? a : b()
const ByResult* select_handlers(Scalar type, Place condition);
// d <- global x / global x <- a
const ByResult* global_get_handlers(Scalar type);
Handler global_set_handler(Scalar type, Place a);
// fp[0] <- a (x as an immediate, word 2 as a wide constant), then return. d is the link slot.
Handler return_value_handler(Scalar type, Place a);
// Calls the function in a table (word 2: type id | table << 32) at the index b(). The arguments begin at a; d is the
// pinned slot.
Handler call_indirect_handler(Place index, bool index_64);
// The same as a tail call, with the index in a slot. c() is the number of argument slots, d the link slot. A host
// function is called as usual, and returns to the instruction after this one.
Handler tail_call_indirect_handler(bool index_64);
// Branches to target number a, or to the last target if there is none with that number; x + 1 is the number of targets.
// After the instruction come the handler of each target, then the distance of each target, two in a word.
Handler br_table_handler(Place index);

enum class Special : uint8_t {
  br,  // pc += x
  br_backward,
  return_,           // d: link slot; the results are in place
  call,              // word 2: FuncCode*; arguments from a on; d: pinned slot of the caller (also below)
  call_import,       // x: function index
  call_ref,          // b(): slot of the function reference
  tail_call,         // word 2: FuncCode*; arguments from a on; x: number of their slots; d: link slot
  tail_call_import,  // word 2: function index; a, x, d as above; a host function returns to the next instruction
  tail_call_ref,     // b(): slot of the function reference; c(): number of argument slots; a, d as above
  throw_,            // throws an exception of tag x with d argument slots from a on
  throw_ref,         // throws the exception at a
  copy_slots,        // copies x slots from a on to d
  null_check,        // traps when the reference at a is null; x: TrapCode
  lazy,              // only in a FuncCode
  count_call,        // word 1: FuncCode*
  count_loop,        // word 1: FuncCode*, word 2: which of its loops
  charge,            // takes x (signed) units of fuel
  charge_or_trap,    // the same; then traps if the fuel is below 0
  enter_compiled,    // word 1: FuncCode*, word 2: address of its machine code
  unreachable,
  ref_func,  // d <- function x
  atomic_fence,
  memory_size,  // d <- size of memory x
  // Operands are in slots from a on, and so is the result. x is an index, or b() and c() are two indices.
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
  table_copy,  // x and word 2 are the two tables
  table_init,
  elem_drop,
};
Handler special_handler(Special s);
// Instructions on structures, arrays and i31. They have three words; d operand slots from a on; the result is at a.
// Word 2 is the layout of the type that is made; x is a count or a segment. For ref.test (whose result is at d) and
// ref.cast, word 2 is the CastTarget.
Handler gc_handler(Op op);
// Access to a field or an element of this storage. x is the offset of the field.
Handler gc_access_handler(Op op, runtime::gc::Storage storage, bool clamps);

// Instructions that are not part of any function.
const Word* finish_code();  // the code that a frame returns to when it was entered from the host
// To continue what was suspended, with m.pc at the call and the Exit in m.r: behind a call of a host function, or where
// machine code returns to, with its frame in m.l.
Handler after_host_handler(bool tail);
Handler after_compiled_handler();

// The first word of an instruction with this handler. For tests and for printing translated code.
inline Word to_word(Handler handler) { return reinterpret_cast<Word>(handler); }

}  // namespace mini_wasm::interp
