// Structures, arrays, i31 and casts. Part of compiler.h.
//
// The collector does not move objects, and runs only inside of allocations. So fields and elements are accessed like
// other memory, without read or write barriers.
#pragma once

#include "jit/compiler_class.h"

namespace mini_wasm::jit {

// The load or store of linear memory that moves the same bytes as an access to a field: Masm::load and store are used
// for both.
inline Op field_load(runtime::gc::Storage storage, bool sign, Scalar type) {
  using Storage = runtime::gc::Storage;
  switch (storage) {
    case Storage::i8: return sign ? Op::i32_load8_s : Op::i32_load8_u;
    case Storage::i16: return sign ? Op::i32_load16_s : Op::i32_load16_u;
    case Storage::i32: return type == Scalar::f32 ? Op::f32_load : Op::i32_load;
    case Storage::v128: return Op::v128_load;
    default: return type == Scalar::f64 ? Op::f64_load : Op::i64_load;
  }
}

inline Op field_store(runtime::gc::Storage storage, Scalar type) {
  using Storage = runtime::gc::Storage;
  switch (storage) {
    case Storage::i8: return Op::i32_store8;
    case Storage::i16: return Op::i32_store16;
    case Storage::i32: return type == Scalar::f32 ? Op::f32_store : Op::i32_store;
    case Storage::v128: return Op::v128_store;
    default: return type == Scalar::f64 ? Op::f64_store : Op::i64_store;
  }
}

// Up to these numbers of operands, machine code stores the operands of array.new_fixed and struct.new one by one. With
// more it calls the runtime. Otherwise a short instruction with a thousand operands, which one call may have returned,
// would become very much code.
inline constexpr uint32_t kMostFixed = 16, kMostFields = 32;

// Whether an object of this size is in a cell of the heap; machine code does not allocate larger ones.
inline bool fits_cell(uint64_t bytes) { return bytes <= runtime::gc::kMaxCell; }

template <class Masm>
const runtime::gc::TypeLayout& Compiler<Masm>::layout(uint32_t type) const {
  return compiled_.engine().layouts().get(module_.type_id(TypeIdx{type}));
}

template <class Masm>
void Compiler<Masm>::gc_op(Op op, uint32_t a, uint32_t b, uint32_t operands, ValType result) {
  switch (op) {
    case Op::struct_new:
    case Op::struct_new_default:
      if (operands > kMostFields || !fits_cell(layout(a).bytes)) break;
      if (op == Op::struct_new_default) charge_bytes(layout(a).bytes);
      return struct_new(layout(a), operands);
    case Op::array_new:
      if (layout(a).element == runtime::gc::Storage::v128 || !fills_few() || charges_length()) break;
      return array_new(layout(a), true);
    case Op::array_new_default:
      if (charges_length()) break;
      return array_new(layout(a), false);
    case Op::array_new_fixed:
      if (operands > kMostFixed || !fits_cell(layout(a).array_bytes(operands))) break;
      return array_new_fixed(layout(a), operands);
    case Op::struct_get:
    case Op::struct_get_s:
    case Op::struct_get_u: return struct_get(layout(a).fields[b], op == Op::struct_get_s, scalar(result));
    case Op::struct_set: return struct_set(layout(a).fields[b]);
    case Op::array_get:
    case Op::array_get_s:
    case Op::array_get_u: return array_get(layout(a), op == Op::array_get_s, scalar(result));
    case Op::array_set: return array_set(layout(a));
    case Op::array_len: return array_len();
    case Op::ref_eq: return numeric(Op::i64_eq);
    case Op::ref_i31: return ref_i31();
    case Op::i31_get_s:
    case Op::i31_get_u: return i31_get(op == Op::i31_get_s);
    default: break;
  }
  gc_call_op(op, a, b, operands, result);
}

// Compiles the instruction as a call of the runtime, which may start a collection. The operands are in slots, where the
// collector finds them; `y` says how many slots they take, so that the collector knows where the frame ends.
template <class Masm>
void Compiler<Masm>::gc_call_op(Op op, uint32_t a, uint32_t b, uint32_t operands, ValType result) {
  const uint32_t height = static_cast<uint32_t>(stack_.size());
  settle_many(operands);
  bring_home(height - operands, height);
  const uint16_t end = next_home();
  truncate(height - operands);
  const uint16_t first = next_home();
  runtime_call(gc_call(op), first, 0, b | uint64_t{static_cast<uint32_t>(end - first)} << 32,
               needs_layout(op) ? &layout(a) : nullptr);
  if (!result.is_bottom()) push_home(scalar(result));
}

// --- Allocation: takes the next cell of a run (its bytes are 0); if there is none, a call that keeps all registers ---

// `end` is where the collector stops looking for references: behind the homes of all operands.
template <class Masm>
void Compiler<Masm>::struct_new(const runtime::gc::TypeLayout& layout, uint32_t operands) {
  const uint16_t end = next_home();
  const Reg to = target(Scalar::i64, Value{});
  masm_.allocate(to, Operand::of_imm(0), kNoReg, layout, end, site());
  for (uint32_t i = operands; i-- > 0;) {
    const runtime::gc::FieldLayout field = layout.fields[i];
    store_new(field.storage, masm_.field(to, field.offset));
  }
  push_reg(Scalar::i64, to);
}

template <class Masm>
void Compiler<Masm>::array_new_fixed(const runtime::gc::TypeLayout& layout, uint32_t length) {
  const uint16_t end = next_home();
  const Reg to = target(Scalar::i64, Value{});
  masm_.allocate(to, Operand::of_imm(length), kNoReg, layout, end, site());
  for (uint32_t i = length; i-- > 0;) {
    store_new(layout.element, masm_.field(to, layout.bytes + (i << layout.element_log2)));
  }
  push_reg(Scalar::i64, to);
}

// Pops a value and stores it in a new object. A 0 is not stored, because new objects are filled with zeros.
template <class Masm>
void Compiler<Masm>::store_new(runtime::gc::Storage storage, typename Masm::Address at) {
  Value value = pop();
  if (value.kind == Value::Kind::constant && value.bits == 0) return;
  const Op store = field_store(storage, value.type);
  masm_.store(store, at, stored(store, value), site());
  release(value);
}

// For an array.new whose operands are the two topmost values: whether it stores nothing, or few elements. With more,
// the runtime is faster for all types, because it stores a vector at a time.
template <class Masm>
bool Compiler<Masm>::fills_few() const {
  const Value &length = stack_.back(), &value = stack_[stack_.size() - 2];
  const bool zero = value.kind == Value::Kind::constant && value.bits == 0;
  return zero || (length.kind == Value::Kind::constant && static_cast<uint32_t>(length.bits) <= kMostFixed);
}

// Metering, as the runtime does it (slot_ops::charged).
template <class Masm>
void Compiler<Masm>::charge_bytes(uint32_t bytes) {
  const auto units = static_cast<int32_t>(bytes / runtime::Execution::kBytesPerUnit);
  if (metered_ && units != 0) masm_.charge(units, false, site());
}

// Whether the length, the topmost value, may cost more than the unit of the instruction. Then the runtime is called.
template <class Masm>
bool Compiler<Masm>::charges_length() const {
  const Value& length = stack_.back();
  return metered_ && (length.kind != Value::Kind::constant ||
                      static_cast<uint32_t>(length.bits) * sizeof(runtime::Slot) >= runtime::Execution::kBytesPerUnit);
}

template <class Masm>
void Compiler<Masm>::array_new(const runtime::gc::TypeLayout& layout, bool filled) {
  const uint16_t end = next_home();
  Value length = pop();
  Value value = filled ? pop() : Value{};
  const bool zero = value.kind == Value::Kind::constant && value.bits == 0;
  const bool constant =
      length.kind == Value::Kind::constant && fits_cell(layout.array_bytes(static_cast<uint32_t>(length.bits)));
  const Operand count = constant ? Operand::of_imm(static_cast<uint32_t>(length.bits)) : Operand::of(use(length));
  const Op store = field_store(layout.element, value.type);
  const Operand from = zero ? Operand::of_imm(0) : stored(store, value);
  const Reg to = take(Scalar::i64);
  const Reg temp = constant ? kNoReg : take(Scalar::i64);
  masm_.allocate(to, count, temp, layout, end, site());
  if (!constant) release(temp);
  for (uint32_t i = 0; !zero && i < static_cast<uint32_t>(count.imm); ++i) {
    masm_.store(store, masm_.field(to, layout.bytes + (i << layout.element_log2)), from, site());
  }
  release(length);
  release(value);
  push_reg(Scalar::i64, to);
}

// --- Fields and elements ---------------------------------------------------------------------------------------------

template <class Masm>
void Compiler<Masm>::struct_get(runtime::gc::FieldLayout field, bool sign, Scalar type) {
  Value object = pop();
  const Reg reg = use(object);
  masm_.trap_if_null(Operand::of(reg), TrapCode::null_structure_reference, site());
  const Reg to = target(type, object);
  masm_.load(field_load(field.storage, sign, type), to, masm_.field(reg, field.offset), site());
  push_reg(type, to);
}

// A value that will be stored: an integer constant as an immediate if possible, all others in a register.
template <class Masm>
Operand Compiler<Masm>::stored(Op store, Value& value) {
  return value.kind == Value::Kind::constant && is_int(value.type) ? operand(store, value) : Operand::of(use(value));
}

template <class Masm>
void Compiler<Masm>::struct_set(runtime::gc::FieldLayout field) {
  Value value = pop(), object = pop();
  const Op store = field_store(field.storage, value.type);
  const Operand from = stored(store, value);
  const Reg reg = use(object);
  masm_.trap_if_null(Operand::of(reg), TrapCode::null_structure_reference, site());
  masm_.store(store, masm_.field(reg, field.offset), from, site());
  release(value);
  release(object);
}

// The address of an element, after the checks for null and of the index, in this order (spec: array.get). The scratch
// register may be part of it, so the access must follow before anything else uses that register.
template <class Masm>
typename Masm::Address Compiler<Masm>::element(Reg array, Operand index, const runtime::gc::TypeLayout& layout) {
  masm_.trap_if_null(Operand::of(array), TrapCode::null_array_reference, site());
  return masm_.element(array, index, layout.element_log2, site());
}

// An index of an array: an immediate if it is a constant that Masm::element accepts, otherwise in a register.
template <class Masm>
Operand Compiler<Masm>::index_operand(Value& index) {
  const bool small = index.kind == Value::Kind::constant && static_cast<uint32_t>(index.bits) <= Masm::kMostIndex;
  return small ? Operand::of_imm(static_cast<uint32_t>(index.bits)) : Operand::of(use(index));
}

template <class Masm>
void Compiler<Masm>::array_get(const runtime::gc::TypeLayout& layout, bool sign, Scalar type) {
  Value index = pop(), array = pop();
  const Operand at = index_operand(index);
  const Reg reg = use(array);
  const Reg to = target(type, array);
  masm_.load(field_load(layout.element, sign, type), to, element(reg, at, layout), site());
  release(index);
  push_reg(type, to);
}

template <class Masm>
void Compiler<Masm>::array_set(const runtime::gc::TypeLayout& layout) {
  Value value = pop(), index = pop(), array = pop();
  const Op store = field_store(layout.element, value.type);
  const Operand from = stored(store, value);
  const Operand at = index_operand(index);
  masm_.store(store, element(use(array), at, layout), from, site());
  release(value);
  release(index);
  release(array);
}

template <class Masm>
void Compiler<Masm>::array_len() {
  Value array = pop();
  const Reg reg = use(array);
  masm_.trap_if_null(Operand::of(reg), TrapCode::null_array_reference, site());
  const Reg to = target(Scalar::i32, array);
  masm_.array_length(to, reg);
  push_reg(Scalar::i32, to);
}

// --- i31 -------------------------------------------------------------------------------------------------------------

template <class Masm>
void Compiler<Masm>::ref_i31() {
  Value value = pop();
  const Reg reg = use(value);
  const Reg to = target(Scalar::i64, value);
  masm_.ref_i31(to, reg);
  push_reg(Scalar::i64, to);
}

template <class Masm>
void Compiler<Masm>::i31_get(bool sign) {
  Value value = pop();
  const Reg reg = use(value);
  masm_.trap_if_null(Operand::of(reg), TrapCode::null_i31_reference, site());
  const Reg to = target(Scalar::i32, value);
  masm_.i31_get(sign, to, reg);
  push_reg(Scalar::i32, to);
}

// --- Casts -----------------------------------------------------------------------------------------------------------

// Sets the condition to "condition.a is of type `type`".
template <class Masm>
void Compiler<Masm>::set_cast(Condition& condition, ValType type) const {
  condition.kind = Condition::Kind::cast;
  condition.target = runtime::gc::make_cast_target(*module_.registry, type);
  condition.exact = type.concrete() && module_.registry->get(type.type_id()).final_;
}

// Like a comparison, it is emitted by the instruction that uses the result.
template <class Masm>
void Compiler<Masm>::ref_test(ValType type) {
  compare_.a = pop();
  compare_.b = Value{};
  set_cast(compare_, type);
  push_compare();
}

// The result is the operand: it stays in the register in which it was tested.
template <class Masm>
void Compiler<Masm>::ref_cast(ValType type) {
  Condition condition;
  set_cast(condition, type);
  condition.a = pop();
  const Reg reg = use(condition.a);
  const Value reference = condition.a;
  condition.keeps = true;
  const auto test = emit_test(condition);
  masm_.trap_if_not(test, TrapCode::cast_failure, site());
  if (reference.kind == Value::Kind::reg) return push_reg(Scalar::i64, reg);
  assert(reference.kind == Value::Kind::local);
  local_get(reference.local());
}

template <class Masm>
void Compiler<Masm>::br_on_cast(uint32_t depth, ValType type, bool on_fail) {
  Condition condition;
  set_cast(condition, type);
  condition.a = stack_.back();
  condition.keeps = true;
  branch_to(condition, !on_fail, depth);
}

}  // namespace mini_wasm::jit
