// The instructions that are constant, each with its type.
#include "validator/const_expr.h"

#include <string>

#include "core/limits.h"
#include "core/missing_feature.h"
#include "core/scalar.h"

namespace mini_wasm::validator {

Result<void> ConstExprValidator::check(decoder::ByteRange expr, ValType expected, uint32_t visible_globals) {
  if (expected == ValType::i32) {
    decoder::Reader reader(module_.bytes, expr);
    if (decoder::read_single_const(reader, Op::i32_const)) return {};
  }
  reader_ = decoder::Reader(module_.bytes, expr);
  stack_.clear();
  while (reader_.ok()) {
    at_ = reader_.offset();
    op_ = decoder::read_op(reader_, scope_.features);
    if (op_ == Op::invalid || op_ == Op::end) break;
    step(op_, visible_globals);
  }
  if (reader_.ok()) {
    pop(expected);
    if (!stack_.empty()) fail("type mismatch: a constant expression yields one value, found more");
  }
  if (reader_.ok() && !reader_.at_end()) fail_not_constant();
  if (!reader_.ok()) return reader_.take_error();
  return {};
}

void ConstExprValidator::pop(ValType expected) {
  const bool empty = stack_.empty();
  const ValType found = empty ? ValType::bottom : stack_.back();
  if (!empty) stack_.pop_back();
  if (!empty && module_.registry->is_subtype(found, expected)) return;
  fail("type mismatch: " + std::string(op_info(op_).text) + " expected " + to_string(expected) + ", found " +
       (empty ? "nothing" : to_string(found)));
}

void ConstExprValidator::fail_not_constant() {
  fail("constant expression required: " + std::string(op_info(op_).text) + " is not constant");
}

void ConstExprValidator::step(Op op, uint32_t visible_globals) {
  const OpInfo& info = op_info(op);
  read_immediates(reader_, scope_, info.imm, imm_);
  if (!reader_.ok()) return;
  switch (op) {
    case Op::i32_const:
    case Op::i64_const:
    case Op::f32_const:
    case Op::f64_const:
    case Op::v128_const: return numeric(info);
    case Op::i32_add:
    case Op::i32_sub:
    case Op::i32_mul:
    case Op::i64_add:
    case Op::i64_sub:
    case Op::i64_mul:
      if (!scope_.features.has(Feature::extended_const)) {
        return fail(
            missing_feature("constant expression required: " + std::string(info.text), Feature::extended_const));
      }
      return numeric(info);
    case Op::global_get: return global_get(imm_.index[0], visible_globals);
    case Op::ref_null: return push(imm_.types[0].with_nullable(true));
    case Op::ref_func: return ref_func(imm_.index[0]);
    default: return gc(op);
  }
}

void ConstExprValidator::numeric(const OpInfo& info) {
  for (uint8_t i = info.param_count; i-- > 0;) pop(val_type(info.params[i]));
  push(val_type(info.results[0]));
}

void ConstExprValidator::global_get(uint32_t index, uint32_t visible_globals) {
  if (index >= visible_globals) return fail("unknown global " + std::to_string(index));
  const GlobalType& type = module_.globals[index].type;
  if (type.mutable_) return fail("constant expression required: global " + std::to_string(index) + " is mutable");
  push(type.value);
}

void ConstExprValidator::ref_func(uint32_t index) {
  if (index >= module_.funcs.size()) return fail("unknown function " + std::to_string(index));
  module_.declared_funcs[index] = true;
  // Before typed function references, the type of ref.func was funcref. The exact type is a subtype of it.
  push(ValType::ref(module_.type_id(module_.funcs[index].type), false));
}

const DefType* ConstExprValidator::composite(uint32_t index, CompositeKind kind) {
  if (index >= module_.types.size()) {
    fail("unknown type " + std::to_string(index));
    return nullptr;
  }
  const DefType& def = module_.registry->get(module_.types[index]);
  if (def.kind == kind) return &def;
  fail("type mismatch: " + std::string(op_info(op_).text) + " cannot make a value of type " + std::to_string(index));
  return nullptr;
}

void ConstExprValidator::gc(Op op) {
  const uint32_t index = imm_.index[0];
  switch (op) {
    case Op::struct_new:
    case Op::struct_new_default:
      if (const DefType* def = composite(index, CompositeKind::struct_)) {
        new_struct(index, *def, op == Op::struct_new_default);
      }
      return;
    case Op::array_new:
    case Op::array_new_default:
    case Op::array_new_fixed:
      if (const DefType* def = composite(index, CompositeKind::array)) new_array(op, index, *def);
      return;
    case Op::ref_i31: pop(ValType::i32); return push(ValType::ref(HeapKind::i31, false));
    case Op::any_convert_extern:
    case Op::extern_convert_any: {
      const bool to_any = op == Op::any_convert_extern;
      const bool nullable = stack_.empty() || stack_.back().nullable();
      pop(ValType::ref(to_any ? HeapKind::extern_ : HeapKind::any, true));
      return push(ValType::ref(to_any ? HeapKind::any : HeapKind::extern_, nullable));
    }
    default: return fail_not_constant();
  }
}

void ConstExprValidator::new_struct(uint32_t index, const DefType& def, bool defaults) {
  if (defaults && !def.defaultable) fail("type mismatch: a field of type " + std::to_string(index) + " has no default");
  for (size_t i = defaults ? 0 : def.fields.size(); i-- > 0 && reader_.ok();) pop(def.fields[i].value);
  push(ValType::ref(module_.types[index], false));
}

void ConstExprValidator::new_array(Op op, uint32_t index, const DefType& def) {
  const ValType type = def.fields[0].value;  // i32 for packed elements
  if (op == Op::array_new_fixed) {
    const uint32_t count = imm_.index[1];
    if (count > limits::kMaxArrayNewFixed) return fail("array.new_fixed has too many operands", ErrorKind::limit);
    for (uint32_t i = 0; i < count && reader_.ok(); ++i) pop(type);
  } else {
    pop(ValType::i32);
    if (op == Op::array_new)
      pop(type);
    else if (!def.defaultable)
      fail("type mismatch: elements of type " + to_string(type) + " have no default");
  }
  push(ValType::ref(module_.types[index], false));
}

}  // namespace mini_wasm::validator
