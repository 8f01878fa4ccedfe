// The rules of structures, arrays, i31 and casts (spec 3.4 "Reference, Aggregate Instructions"). Part of
// function_decoder.h.
#pragma once

#include "validator/function_decoder_class.h"

namespace mini_wasm::validator {

// For all of these instructions except casts: they have operands, at most one result, and two indices, which is all
// that a sink needs.
template <class Sink>
void FunctionDecoder<Sink>::gc_done(uint32_t a, uint32_t b, uint32_t operands, ValType result) {
  if (!result.is_bottom()) push(result);
  if (live_ && reader_.ok()) sink_.gc_op(op_, a, b, operands, result);
}

template <class Sink>
void FunctionDecoder<Sink>::struct_rule(Op op) {
  uint32_t t = 0;
  const DefType* def = composite(CompositeKind::struct_, t);
  if (def == nullptr) return;
  const uint32_t n = static_cast<uint32_t>(def->fields.size());
  if (op == Op::struct_new) {
    for (uint32_t i = n; !kBelieves && i-- > 0 && !all_bottom();) {
      meter_.add(1);
      pop(unpacked(def->fields[i]));
    }
    reserve(kSlack);
    return gc_done(t, 0, n, ref_to(t, false));
  }
  if (op == Op::struct_new_default) {
    for (size_t i = 0; !def->defaultable; ++i) {
      if (unpacked(def->fields[i]).defaultable()) continue;
      return fail(
          [&] { return "type mismatch: a field of type " + to_string(def->fields[i].value) + " has no default"; });
    }
    return gc_done(t, 0, 0, ref_to(t, false));
  }
  const uint32_t f = reader_.u32();
  if (f >= n) return void(unknown("field", f));
  const FieldType& field = def->fields[f];
  if (op == Op::struct_set) {
    if (!field.mutable_) return fail([&] { return "immutable field " + std::to_string(f); });
    pop(unpacked(field));
    pop(ref_to(t, true));
    return gc_done(t, f, 2, ValType::bottom);
  }
  if (!check_getter(field, op != Op::struct_get)) return;
  pop(ref_to(t, true));
  gc_done(t, f, 1, unpacked(field));
}

template <class Sink>
void FunctionDecoder<Sink>::array_new_rule(Op op) {
  uint32_t t = 0;
  const DefType* def = composite(CompositeKind::array, t);
  if (def == nullptr) return;
  const FieldType& field = def->fields[0];
  uint32_t operands = 2, b = 0;
  switch (op) {
    case Op::array_new:
      pop(ValType::i32);
      pop(unpacked(field));
      break;
    case Op::array_new_default:
      if (!unpacked(field).defaultable())
        return fail([&] { return "type mismatch: elements of type " + to_string(field.value) + " have no default"; });
      pop(ValType::i32);
      operands = 1;
      break;
    case Op::array_new_fixed:
      operands = b = reader_.u32();
      if (b > limits::kMaxArrayNewFixed) return fail("array.new_fixed of too many elements", ErrorKind::limit);
      for (uint32_t i = 0; !kBelieves && i < b && !all_bottom() && reader_.ok(); ++i) {
        meter_.add(1);
        pop(unpacked(field));
      }
      reserve(kSlack);
      break;
    default:
      b = reader_.u32();
      if (!check_segment(op == Op::array_new_elem, b, field)) return;
      pop(ValType::i32);
      pop(ValType::i32);
      break;
  }
  gc_done(t, b, operands, ref_to(t, false));
}

template <class Sink>
void FunctionDecoder<Sink>::array_rule(Op op) {
  uint32_t t = 0;
  const DefType* def = composite(CompositeKind::array, t);
  if (def == nullptr) return;
  const FieldType& field = def->fields[0];
  const bool writes = op != Op::array_get && op != Op::array_get_s && op != Op::array_get_u;
  if (writes && !field.mutable_) return fail("immutable array");
  switch (op) {
    case Op::array_set:
      pop(unpacked(field));
      pop(ValType::i32);
      pop(ref_to(t, true));
      return gc_done(t, 0, 3, ValType::bottom);
    case Op::array_fill:
      pop(ValType::i32);
      pop(unpacked(field));
      pop(ValType::i32);
      pop(ref_to(t, true));
      return gc_done(t, 0, 4, ValType::bottom);
    case Op::array_copy: {
      uint32_t from = 0;
      const DefType* source = composite(CompositeKind::array, from);
      if (source == nullptr) return;
      const FieldType& element = source->fields[0];
      if (element.packed != field.packed) return fail("array types do not match");
      if (element.packed == FieldType::Packed::none && !module_.registry->is_subtype(element.value, field.value)) {
        return fail([&] {
          return "array types do not match: " + to_string(element.value) + " into " + to_string(field.value);
        });
      }
      pop(ValType::i32);
      pop(ValType::i32);
      pop(ref_to(from, true));
      pop(ValType::i32);
      pop(ref_to(t, true));
      return gc_done(t, from, 5, ValType::bottom);
    }
    case Op::array_init_data:
    case Op::array_init_elem: {
      const uint32_t segment = reader_.u32();
      if (!check_segment(op == Op::array_init_elem, segment, field)) return;
      pop(ValType::i32);
      pop(ValType::i32);
      pop(ValType::i32);
      pop(ref_to(t, true));
      return gc_done(t, segment, 4, ValType::bottom);
    }
    default: break;
  }
  if (!check_getter(field, op != Op::array_get)) return;
  pop(ValType::i32);
  pop(ref_to(t, true));
  gc_done(t, 0, 2, unpacked(field));
}

template <class Sink>
void FunctionDecoder<Sink>::cast_rule(Op op) {
  const bool nullable = op == Op::ref_test_null || op == Op::ref_cast_null;
  const ValType target = decoder::read_heap_type(reader_, scope_, nullable);
  if (!reader_.ok()) return;
  pop(top_of(target));
  if (op == Op::ref_test || op == Op::ref_test_null) {
    push(ValType::i32);
    if (live_ && reader_.ok()) sink_.ref_test(target);
  } else {
    push(target);
    if (live_ && reader_.ok()) sink_.ref_cast(target);
  }
}

template <class Sink>
void FunctionDecoder<Sink>::br_on_cast_rule(bool on_fail) {
  const decoder::BrOnCast cast = decoder::read_br_on_cast(reader_, scope_);
  Control* target = label(cast.label);
  if (target == nullptr || !reader_.ok()) return;
  if (!module_.registry->is_subtype(cast.target, cast.source)) {
    return fail(
        [&] { return "type mismatch: " + to_string(cast.target) + " is no subtype of " + to_string(cast.source); });
  }
  // The type when the cast fails: the source type, but not null if the target includes null.
  const ValType rest = cast.target.nullable() ? cast.source.with_nullable(false) : cast.source;
  const TypeList& types = target->branch_types();
  if (types.size() == 0)
    return fail(
        [&] { return "type mismatch: " + std::string(op_info(op_).text) + " to a label that takes no reference"; });
  pop(cast.source);
  push(on_fail ? rest : cast.target);
  check_top(types);
  charge_branch(*target);
  if (live_ && reader_.ok()) sink_.br_on_cast(cast.label, cast.target, on_fail);
  pop();
  push(on_fail ? cast.target : rest);
}

template <class Sink>
void FunctionDecoder<Sink>::gc_rule(Op op) {
  switch (op) {
    case Op::struct_new:
    case Op::struct_new_default:
    case Op::struct_get:
    case Op::struct_get_s:
    case Op::struct_get_u:
    case Op::struct_set: return struct_rule(op);
    case Op::array_new:
    case Op::array_new_default:
    case Op::array_new_fixed:
    case Op::array_new_data:
    case Op::array_new_elem: return array_new_rule(op);
    case Op::array_len: pop(ValType::ref(HeapKind::array, true)); return gc_done(0, 0, 1, ValType::i32);
    case Op::ref_test:
    case Op::ref_test_null:
    case Op::ref_cast:
    case Op::ref_cast_null: return cast_rule(op);
    case Op::br_on_cast: return br_on_cast_rule(false);
    case Op::br_on_cast_fail: return br_on_cast_rule(true);
    case Op::ref_eq:
      pop(ValType::ref(HeapKind::eq, true));
      pop(ValType::ref(HeapKind::eq, true));
      return gc_done(0, 0, 2, ValType::i32);
    case Op::ref_i31: pop(ValType::i32); return gc_done(0, 0, 1, ValType::ref(HeapKind::i31, false));
    case Op::i31_get_s:
    case Op::i31_get_u: pop(ValType::ref(HeapKind::i31, true)); return gc_done(0, 0, 1, ValType::i32);
    // Both hierarchies have the same representation, so only the type changes.
    case Op::any_convert_extern: {
      const ValType type = pop(ValType::externref);
      return push(ValType::ref(HeapKind::any, type.nullable()));
    }
    case Op::extern_convert_any: {
      const ValType type = pop(ValType::ref(HeapKind::any, true));
      return push(ValType::ref(HeapKind::extern_, type.nullable()));
    }
    default: return array_rule(op);
  }
}

}  // namespace mini_wasm::validator
