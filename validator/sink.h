// InstructionSink: what a class must have so that FunctionDecoder can report the instructions of a function to it.
// FunctionDecoder checks this concept where it is instantiated.
//
// The sink is called once for each reachable instruction, in the order of the code, after the instruction has been
// validated. At that time the operand stack of the decoder is as it is after the instruction, unless the member's
// comment says otherwise. All indices are those of the module and are valid. A depth counts blocks from the innermost
// (0) outwards. Results are ignored. A Control, a span or a pointer is valid during the call only; data that the sink
// keeps for each block is in `control.label`.
//
// A sink with a static member `kBelieves` is used for code that has been validated before. The decoder then checks
// nothing again and does not track types: drop and select get ValType::bottom.
//
// A sink with the members `is_metered` and `has_handlers` (FunctionFacts::has_try) is told what the code costs
// (Config::fuel), if is_metered returns true when a body begins. Each instruction costs one unit, except those that only
// structure the code (block, loop, try_table, try, else, catch, end) and nop. The sink gets `charge(units, checks)` before
// some of the instructions (metering.h says which): the units of the instructions since then, including the one that comes
// next; below 0, some were charged too many. So every way through the code is charged for exactly the instructions on it,
// except that a trap may lose the last ones. `checks`: before calls and before branches to loops, the code must stop if
// the fuel is then below 0. Because all sinks get the same charges, code stops at the same instruction on every tier.
#pragma once

#include <mini_wasm/types.h>

#include <concepts>
#include <cstdint>
#include <span>

#include "core/immediates.h"
#include "core/indices.h"
#include "core/opcode.h"

namespace mini_wasm::validator {

template <class Sink>
class FunctionDecoder;

// One value of each type that a sink is called with, for the concepts below.
struct SinkArguments {
  Op op;
  ValType type;
  uint64_t bits;
  uint32_t index, depth, count;
  uint8_t lane;
  const uint8_t* bytes;
  bool flag;
  MemArg memarg;
  FuncIdx func;
  TypeIdx func_type;
  TableIdx table;
  TagIdx tag;
  CatchKind kind;
  std::span<const uint32_t> depths;
  std::span<const CatchClause> catches;
};

template <class S>
concept SinksValues = requires(S sink, const SinkArguments& a) {
  // Opcodes of the classes numeric, numeric_trap and simd. They have no immediates.
  sink.numeric(a.op);
  // A constant of type i32, i64, f32 or f64, as bits; 32-bit values are zero-extended.
  sink.constant(a.type, a.bits);
  // The 16 bytes of v128.const.
  sink.v128_const(a.bytes);
  // Opcodes that extract or replace a lane, and the number of the lane.
  sink.simd_lane(a.op, a.lane);
  // i8x16.shuffle: 16 lane indices below 32.
  sink.shuffle(a.bytes);
  sink.local_get(a.index);
  sink.local_set(a.index);
  sink.local_tee(a.index);
  sink.global_get(a.index);
  sink.global_set(a.index);
  // The type of the operand that is dropped.
  sink.drop(a.type);
  // The type of the two values and of the result.
  sink.select(a.type);
};

template <class S>
concept SinksMemory = requires(S sink, const SinkArguments& a) {
  // Scalars and whole vectors. The offset fits the address type of the memory.
  sink.load(a.op, a.memarg);
  sink.store(a.op, a.memarg);
  // One lane of a vector.
  sink.load_lane(a.op, a.memarg, a.lane);
  sink.store_lane(a.op, a.memarg, a.lane);
  // All atomic accesses, wait and notify. The alignment is the natural one.
  sink.atomic(a.op, a.memarg);
  sink.atomic_fence();
  // memory.size, .grow, .fill, .copy, .init and data.drop. The two indices are in the order of the binary format; 0 for
  // an index that the opcode does not have.
  sink.memory_op(a.op, a.index, a.index);
  // table.get, .set, .size, .grow, .fill, .copy, .init and elem.drop, with their indices in the same way.
  sink.table_op(a.op, a.index, a.index);
};

template <class S>
concept SinksReferences = requires(S sink, const SinkArguments& a) {
  // The type of the null reference.
  sink.ref_null(a.type);
  sink.ref_is_null();
  sink.ref_func(a.func);
  sink.ref_as_non_null();
  // The target type, with its nullability.
  sink.ref_test(a.type);
  sink.ref_cast(a.type);
  // All other GC instructions: two immediates in the order of the binary format (0 if there are fewer), the number of
  // operands, and the type of the result (ValType::bottom if there is none).
  sink.gc_op(a.op, a.index, a.index, a.count, a.type);
};

template <class S>
concept SinksControl = requires(S sink, typename FunctionDecoder<S>::Control& control, const SinkArguments& a) {
  // A block begins. `control` is the new, innermost block; its parameters are its operands already.
  sink.block(control);
  sink.loop(control);
  sink.if_(control);
  // The end of the first arm of an if. `flag`: whether the end of this arm is reachable.
  sink.else_(control, a.flag);
  // The end of a block or of the body. `control` is still the innermost block. `flag`: whether this end is reachable.
  sink.end(control, a.flag);
  sink.br(a.depth);
  sink.br_if(a.depth);
  // The depths of all targets; the default is the last.
  sink.br_table(a.depths);
  // br_on_cast, or br_on_cast_fail if `flag`; the type is the target type. The stack is as the label gets it.
  sink.br_on_cast(a.depth, a.type, a.flag);
  sink.br_on_null(a.depth);
  sink.br_on_non_null(a.depth);
  sink.return_();
  sink.unreachable();
};

template <class S>
concept SinksCalls = requires(S sink, const SinkArguments& a) {
  // The arguments have been popped, and the results pushed.
  sink.call(a.func);
  sink.call_indirect(a.func_type, a.table);
  sink.call_ref(a.func_type);
  // The arguments have been popped.
  sink.return_call(a.func);
  sink.return_call_indirect(a.func_type, a.table);
  sink.return_call_ref(a.func_type);
};

template <class S>
concept SinksExceptions = requires(S sink, typename FunctionDecoder<S>::Control& control, const SinkArguments& a) {
  sink.throw_(a.tag);
  sink.throw_ref();
  // A block begins. The depths in the clauses do not count this block.
  sink.try_table(control, a.catches);
  // From here on: legacy exceptions. A block begins.
  sink.try_(control);
  // catch or catch_all: the end of the part before it. The tag has a meaning for catch only. `flag`: whether the end of
  // the part before it is reachable.
  sink.catch_(control, a.kind, a.tag, a.flag);
  // Called in place of `end`. The depth does not count this block; the depth of the body means the caller.
  sink.delegate(control, a.depth, a.flag);
  sink.rethrow(a.depth);
};

template <class S>
concept InstructionSink = requires(S sink, FunctionDecoder<S>& decoder, uint32_t local) {
  // The data that the sink keeps for each block. Value-initialized when a block begins.
  requires std::default_initializable<typename S::Label>;
  // A body begins. The decoder knows the locals of the function; the sink may ask it until the end of the body.
  sink.begin(decoder);
  // The first use of a local above Locals::ready() (locals.h).
  sink.far_local(local);
} && SinksValues<S> && SinksMemory<S> && SinksReferences<S> && SinksControl<S> && SinksCalls<S> && SinksExceptions<S>;

}  // namespace mini_wasm::validator
