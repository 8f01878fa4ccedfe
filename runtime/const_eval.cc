#include "runtime/const_eval.h"

#include <cassert>

#include "core/numeric.h"
#include "core/opcode.h"
#include "decoder/instr_reader.h"
#include "decoder/reader.h"

namespace mini_wasm::runtime {
namespace {

class Evaluator {
 public:
  Evaluator(const ModuleInst& instance, decoder::ByteRange expr)
      : instance_(instance),
        features_(instance.module->engine().features()),
        scope_(instance.module->module(), features_),
        reader_(instance.module->module().bytes, expr) {}

  Result<ConstValue> run() {
    while (!reader_.at_end()) {
      const Op op = decoder::read_op(reader_, features_);
      if (op == Op::end) break;
      if (!step(op)) {
        return Error::make(ErrorKind::limit,
                           std::string(op_info(op).text) + " in a constant expression is not supported");
      }
    }
    assert(reader_.ok());
    return pop();
  }

 private:
  // False for an instruction that is constant, but that the runtime cannot execute.
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
      default: return false;
    }
    return true;
  }

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

  const ModuleInst& instance_;
  FeatureSet features_;
  decoder::TypeScope scope_;
  decoder::Reader reader_;
  std::vector<ConstValue> stack_;
};

}  // namespace

Result<ConstValue> eval_const(const ModuleInst& instance, decoder::ByteRange expr) {
  return Evaluator(instance, expr).run();
}

}  // namespace mini_wasm::runtime
