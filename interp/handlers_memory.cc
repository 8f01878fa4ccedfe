// Handlers of loads, stores, bulk memory and table instructions. The type that a load reads follows from its row in
// opcodes.def.
#include <cstring>

#include "interp/access.h"
#include "runtime/instance/slot_ops.h"

namespace mini_wasm::interp {

namespace slot_ops = runtime::slot_ops;

const AccessHandlers& vector_access(Op op);  // handlers_simd.cc

namespace {

template <SigType type>
struct ValueOf;
template <>
struct ValueOf<SigType::i32> {
  using Type = uint32_t;
};
template <>
struct ValueOf<SigType::i64> {
  using Type = uint64_t;
};
template <>
struct ValueOf<SigType::f32> {
  using Type = float;
};
template <>
struct ValueOf<SigType::f64> {
  using Type = double;
};

template <unsigned log2>
using UnsignedBytes =
    std::conditional_t<log2 == 0, uint8_t,
                       std::conditional_t<log2 == 1, uint16_t, std::conditional_t<log2 == 2, uint32_t, uint64_t>>>;

// The types of a scalar load or store: of the value, and of the bytes in memory.
template <Op op>
struct Access {
  static constexpr const OpInfo& kInfo = op_info(op);
  static constexpr bool kLoad = kInfo.cls == OpClass::load;
  using Value = typename ValueOf<kLoad ? kInfo.results[0] : kInfo.params[1]>::Type;
  using Bytes = UnsignedBytes<kInfo.access_log2>;
  static constexpr bool kSigned = kInfo.text.ends_with("_s");
  static constexpr uint32_t kBytes = sizeof(Bytes);
  using Memory = std::conditional_t<(sizeof(Bytes) == sizeof(Value)), Value,
                                    std::conditional_t<kSigned, std::make_signed_t<Bytes>, Bytes>>;

  static Value load(const uint8_t* at) {
    Memory raw;
    std::memcpy(&raw, at, sizeof(raw));
    if constexpr (kSigned) {
      return static_cast<Value>(static_cast<std::make_signed_t<Value>>(raw));
    } else {
      return static_cast<Value>(raw);
    }
  }
  static void store(uint8_t* at, Value value) {
    const Memory raw = static_cast<Memory>(value);
    std::memcpy(at, &raw, sizeof(raw));
  }
};

template <Op op>
constexpr AccessHandlers make_access() {
  if constexpr (op_info(op).cls == OpClass::load) {
    return make_load_handlers<Access<op>>();
  } else if constexpr (op_info(op).cls == OpClass::store) {
    return make_store_handlers<Access<op>>();
  } else {
    return {};
  }
}

constexpr size_t kFirstAccess = static_cast<size_t>(Op::i32_load);
constexpr size_t kAccessCount = static_cast<size_t>(Op::i64_store32) - kFirstAccess + 1;

constexpr auto kAccess = by_op<AccessHandlers, Op::i32_load, kAccessCount>([]<Op op>() { return make_access<op>(); });

const AccessHandlers& handlers_of(Op op) {
  const size_t i = static_cast<size_t>(op) - kFirstAccess;
  return i < kAccessCount ? kAccess[i] : vector_access(op);
}

// --- Bulk operations: operands in slots from a on (runtime/instance/slot_ops.h)

using slot_ops::address_at;
using slot_ops::set_address;

void next_unless(Machine& m, TrapCode trap, int words = 2) {
  if (trap != TrapCode::none) [[unlikely]]
    return raise(m, trap);
  m.pc += words;
}

void memory_size(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const runtime::MemInst& memory = *m.ctx->memories[o.x];
  set_address(m.fp + o.d, memory.type.is_64, memory.size_pages());
  m.pc += 2;
}

void memory_grow(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  slot_ops::memory_grow(*m.ctx, m.fp + o.a, o.x);
  m.memory = m.ctx->memory_base;
  m.pc += 2;
}

void memory_fill(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  next_unless(m, slot_ops::memory_fill(*m.ctx, m.fp + o.a, o.x));
}

void memory_copy(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  next_unless(m, slot_ops::memory_copy(*m.ctx, m.fp + o.a, o.b(), o.c()));
}

void memory_init(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const auto data = static_cast<uint32_t>(m.pc[2]);  // a third word, because 16 bits are not enough
  next_unless(m, slot_ops::memory_init(*m.ctx, m.fp + o.a, data, o.x), 3);
}

void data_drop(Machine& m) {
  runtime::data_drop(*m.ctx->instance, DataIdx{operands_at(m.pc + 1).x});
  m.pc += 2;
}

void table_get(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const runtime::TableInst& table = *m.ctx->tables[o.x];
  Slot* s = m.fp + o.a;
  next_unless(m, runtime::table_get(table, address_at(s, table.type.is_64), *s));
}

void table_set(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  runtime::TableInst& table = *m.ctx->tables[o.x];
  const Slot* s = m.fp + o.a;
  next_unless(m, runtime::table_set(table, address_at(s, table.type.is_64), s[1]));
}

void table_size(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const runtime::TableInst& table = *m.ctx->tables[o.x];
  set_address(m.fp + o.a, table.type.is_64, table.size);
  m.pc += 2;
}

void table_grow(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  next_unless(m, slot_ops::table_grow(*m.ctx, m.fp + o.a, o.x));
}

void table_fill(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  next_unless(m, slot_ops::table_fill(*m.ctx, m.fp + o.a, o.x));
}

void table_copy(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  next_unless(m, slot_ops::table_copy(*m.ctx, m.fp + o.a, o.x, static_cast<uint32_t>(m.pc[2])), 3);
}

void table_init(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  next_unless(m, slot_ops::table_init(*m.ctx, m.fp + o.a, static_cast<uint32_t>(m.pc[2]), o.x), 3);
}

void elem_drop(Machine& m) {
  runtime::elem_drop(*m.ctx->instance, ElemIdx{operands_at(m.pc + 1).x});
  m.pc += 2;
}

}  // namespace

const ByResult* load_handlers(Op op, Place a) { return &handlers_of(op).load[index_of(a)][0]; }

const ByResult* load_sum_handlers(Op op, Place a, Place b) {
  return &handlers_of(op).load_sum[index_of(a)][b == Place::slot ? 0 : 1];
}

Handler load_branch_handler(Op op, Place a, Place d, bool sense, bool backward) {
  return index_of(a) >= 3 ? nullptr
                          : handlers_of(op).load_branch[index_of(a)][(sense ? 1 : 0) + (backward ? 2 : 0)][index_of(d)];
}

Handler store_handler(Op op, Place a, Place value) {
  if (a == Place::wide || value == Place::wide) return nullptr;
  return handlers_of(op).store[index_of(a)][index_of(value)][0];
}

Handler checked_load_handler(Op op, CheckedForm form) { return handlers_of(op).checked[form.index()]; }
Handler checked_store_handler(Op op, CheckedForm form) { return handlers_of(op).checked[form.index()]; }

Handler memory_or_table_handler(Special s) {
  switch (s) {
    case Special::memory_size: return &wrap<&memory_size>;
    case Special::memory_grow: return &wrap<&memory_grow>;
    case Special::memory_fill: return &wrap<&memory_fill>;
    case Special::memory_copy: return &wrap<&memory_copy>;
    case Special::memory_init: return &wrap<&memory_init>;
    case Special::data_drop: return &wrap<&data_drop>;
    case Special::table_get: return &wrap<&table_get>;
    case Special::table_set: return &wrap<&table_set>;
    case Special::table_size: return &wrap<&table_size>;
    case Special::table_grow: return &wrap<&table_grow>;
    case Special::table_fill: return &wrap<&table_fill>;
    case Special::table_copy: return &wrap<&table_copy>;
    case Special::table_init: return &wrap<&table_init>;
    case Special::elem_drop: return &wrap<&elem_drop>;
    default: return nullptr;
  }
}

}  // namespace mini_wasm::interp
