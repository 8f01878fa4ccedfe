#include "runtime/instance/const_eval.h"

#include <cassert>

#include "core/numeric.h"
#include "core/opcode.h"
#include "decoder/instr_reader.h"
#include "decoder/reader.h"
#include "runtime/gc/ops.h"

namespace mini_wasm::runtime {
namespace {

// The evaluator's stack is a root for the garbage collector: it holds references to objects that nothing else refers to
// yet.
class Evaluator final : public gc::RootSlots {
 public:
  Evaluator(const ModuleInst& instance, decoder::ByteRange expr)
      : instance_(instance),
        features_(instance.module->engine().features()),
        scope_(instance.module->module(), features_),
        reader_(instance.module->module().bytes, expr) {
    instance.store->heap().roots().push(*this);
  }
  ~Evaluator() override { instance_.store->heap().roots().pop(); }
  const Slot* begin() const override { return stack_.empty() ? nullptr : stack_.front().slots; }
  size_t size() const override { return stack_.size() * std::size(ConstValue().slots); }

  Result<ConstValue> run() {
    while (!reader_.at_end()) {
      const Op op = decoder::read_op(reader_, features_);
      if (op == Op::end) break;
      if (!step(op)) {
        if (out_of_memory_) return Error::trap(store().heap().why_nothing());
        return Error::make(ErrorKind::limit,
                           std::string(op_info(op).text) + " in a constant expression is not supported");
      }
    }
    assert(reader_.ok());
    return pop();
  }

 private:
  // Returns false when there is no memory for an object, or when the instruction is not supported here.
  bool step(Op op) {
    switch (op) {
      case Op::i32_const: push(static_cast<uint32_t>(reader_.s32())); break;
      case Op::i64_const: push(static_cast<uint64_t>(reader_.s64())); break;
      case Op::f32_const: push(reader_.f32_bits()); break;
      case Op::f64_const: push(reader_.f64_bits()); break;
      case Op::v128_const: push_v128(); break;
      case Op::i32_add: fold<uint32_t>(numeric::i32_add); break;
      case Op::i32_sub: fold<uint32_t>(numeric::i32_sub); break;
      case Op::i32_mul: fold<uint32_t>(numeric::i32_mul); break;
      case Op::i64_add: fold<uint64_t>(numeric::i64_add); break;
      case Op::i64_sub: fold<uint64_t>(numeric::i64_sub); break;
      case Op::i64_mul: fold<uint64_t>(numeric::i64_mul); break;
      case Op::global_get: push_global(reader_.u32()); break;
      case Op::ref_null:
        decoder::read_heap_type(reader_, scope_, true);
        push(0);
        break;
      case Op::ref_func: push(reinterpret_cast<uintptr_t>(instance_.funcs[reader_.u32()])); break;
      case Op::struct_new:
      case Op::struct_new_default: return new_struct(op == Op::struct_new);
      case Op::array_new: return new_array(true);
      case Op::array_new_default: return new_array(false);
      case Op::array_new_fixed: return new_array_fixed();
      case Op::ref_i31: push(gc::ref_i31(static_cast<uint32_t>(pop().slots[0]))); break;
      case Op::any_convert_extern:
      case Op::extern_convert_any: break;
      default: return false;
    }
    return true;
  }

  // --- Objects. The operands stay on the stack until the object exists, because making it may start a collection.

  const gc::TypeLayout& layout() {
    const TypeId type = instance_.module->module().type_id(TypeIdx{reader_.u32()});
    return instance_.module->engine().layouts().get(type);
  }
  // The topmost values in consecutive slots, in the order of the fields.
  std::vector<Slot> operands(std::span<const gc::Storage> storages) const {
    std::vector<Slot> slots;
    const ConstValue* value = stack_.data() + (stack_.size() - storages.size());
    for (const gc::Storage storage : storages) {
      slots.push_back(value->slots[0]);
      if (storage == gc::Storage::v128) slots.push_back(value->slots[1]);
      ++value;
    }
    return slots;
  }
  bool replace(size_t operand_count, const gc::Object* object) {
    out_of_memory_ = object == nullptr;
    if (out_of_memory_) return false;
    stack_.resize(stack_.size() - operand_count);
    push(gc::to_ref(object));
    return true;
  }

  bool new_struct(bool with_operands) {
    const gc::TypeLayout& type = layout();
    if (!with_operands) return replace(0, gc::struct_new(store(), type));
    std::vector<gc::Storage> storages;
    for (const gc::FieldLayout& field : type.fields) storages.push_back(field.storage);
    return replace(storages.size(), gc::struct_new(store(), type, operands(storages).data()));
  }
  bool new_array(bool with_value) {
    const gc::TypeLayout& type = layout();
    const uint32_t length = static_cast<uint32_t>(stack_.back().slots[0]);
    if (!with_value) return replace(1, gc::array_new(store(), type, length));
    const ConstValue value = stack_[stack_.size() - 2];
    return replace(2, gc::array_new(store(), type, length, value.slots));
  }
  bool new_array_fixed() {
    const gc::TypeLayout& type = layout();
    const uint32_t length = reader_.u32();
    const std::vector<gc::Storage> storages(length, type.element);
    return replace(length, gc::array_new_fixed(store(), type, length, operands(storages).data()));
  }

  // --- The rest

  void push(uint64_t low, uint64_t high = 0) { stack_.push_back({{low, high}}); }
  ConstValue pop() {
    assert(!stack_.empty());
    const ConstValue value = stack_.back();
    stack_.pop_back();
    return value;
  }

  void push_v128() {
    uint64_t lanes[2] = {0, 0};
    if (const uint8_t* bytes = decoder::read_16_bytes(reader_)) std::memcpy(lanes, bytes, sizeof lanes);
    push(lanes[0], lanes[1]);
  }

  void push_global(uint32_t index) {
    const GlobalInst& global = *instance_.globals[index];
    push(global.value[0], global.value[1]);
  }

  template <class T>
  void fold(T (*op)(T, T)) {
    const T right = static_cast<T>(pop().slots[0]);
    const T left = static_cast<T>(pop().slots[0]);
    push(op(left, right));
  }

  Store& store() const { return *instance_.store; }

  const ModuleInst& instance_;
  FeatureSet features_;
  decoder::TypeScope scope_;
  decoder::Reader reader_;
  std::vector<ConstValue> stack_;
  bool out_of_memory_ = false;
};

}  // namespace

std::optional<uint64_t> plain_const(const decoder::Module& module, decoder::ByteRange expr) {
  for (const Op op : {Op::i32_const, Op::i64_const}) {
    decoder::Reader reader(module.bytes, expr);
    if (const std::optional<uint64_t> value = decoder::read_single_const(reader, op)) return value;
  }
  return std::nullopt;
}

std::optional<uint64_t> plain_place(const decoder::Module& module, decoder::ByteRange offset, uint64_t length,
                                    uint64_t size) {
  const std::optional<uint64_t> at = plain_const(module, offset);
  return at && length <= size && *at <= size - length ? at : std::nullopt;
}

Result<ConstValue> eval_const(const ModuleInst& instance, decoder::ByteRange expr) {
  // Most expressions are one constant; these need no evaluator.
  if (const auto value = plain_const(instance.module->module(), expr)) return ConstValue{{*value, 0}};
  return Evaluator(instance, expr).run();
}

}  // namespace mini_wasm::runtime
