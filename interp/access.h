// Handlers of loads and stores of one value. They are templates over the access, a type with
//
//   Value                 the type on the operand stack
//   kBytes                number of bytes in memory
//   load(at) -> Value, store(at, Value)
#pragma once

#include "core/speculation.h"
#include "interp/handler_table.h"
#include "runtime/instance/module_inst.h"

namespace mini_wasm::interp {

// --- Memory 0 with guard pages: an access that is out of bounds faults

// The address is the 64-bit sum of a 32-bit index and a 32-bit offset, so it cannot wrap and stays inside the
// reservation of a guarded memory (runtime/memory/memory.h).
template <class Access, Place A, Place D>
void load(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const uint64_t at = A == Place::imm ? uint64_t{o.x} : uint64_t{read<uint32_t, A>(m, o.a)} + o.x;
  const auto value = Access::load(m.memory + at);
  fault_point(m);
  put<typename Access::Value, D>(m, o.d, value);
  m.pc += 2;
}

template <class Access, Place A, Place B, Place D>
void load_sum(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const uint32_t sum = read<uint32_t, A>(m, o.a) + read<uint32_t, B>(m, B == Place::imm ? o.x : o.b());
  const auto value = Access::load(m.memory + (uint64_t{sum} + (B == Place::imm ? 0 : o.c())));
  fault_point(m);
  put<typename Access::Value, D>(m, o.d, value);
  m.pc += 2;
}

template <class Access, Place A, Place V>
void store(Machine& m) {
  using Value = typename Access::Value;
  const Operands o = operands_at(m.pc + 1);
  const uint64_t at = A == Place::imm ? uint64_t{o.x} : uint64_t{read<uint32_t, A>(m, o.a)} + o.x;
  // Some CPUs store 16 bytes in two parts (AArch64). If only one of them is outside of the memory, the other one may have
  // been written when it faults. Reading the last byte faults first.
  if constexpr (Access::kBytes == 16) (void)*static_cast<const volatile uint8_t*>(m.memory + at + 15);
  if constexpr (V == Place::imm) {
    Access::store(m.memory + at, static_cast<Value>(static_cast<int64_t>(static_cast<int16_t>(o.d))));
  } else {
    Access::store(m.memory + at, read<Value, V>(m, o.d));
  }
  fault_point(m);
  m.pc += 2;
}

// Loads an i32 and branches on it.
template <class Access, Place A, Place D, bool sense, bool backward>
void load_and_branch(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const auto value = Access::load(m.memory + (uint64_t{read<uint32_t, A>(m, o.a)} + o.x));
  fault_point(m);
  if constexpr (D != Place::acc) put<typename Access::Value, D>(m, o.d, value);
  if ((value != 0) == sense) {
    take_branch<backward>(m, operands_at(m.pc + 2).distance());
  } else {
    m.pc += 3;
  }
}

using LoadTable = PlaceTable<4, 1, 3>;
using LoadSumTable = PlaceTable<3, 2, 3>;     // b: slot or not
using LoadBranchTable = PlaceTable<3, 4, 3>;  // b: sense + 2 * backward
using StoreTable = PlaceTable<4, 4, 1>;

template <class Access>
constexpr LoadTable make_load() {
  return make_table<4, 1, 3>([]<Place a, Place b, Place d>() -> Handler {
    if constexpr (!can_be_at<typename Access::Value>(d)) {
      return nullptr;
    } else {
      return &wrap<&load<Access, a, d>>;
    }
  });
}

template <class Access>
constexpr LoadBranchTable make_load_branch() {
  return make_table<3, 4, 3>([]<Place a, Place b, Place d>() -> Handler {
    if constexpr (!std::is_same_v<typename Access::Value, uint32_t>) {
      return nullptr;
    } else {
      return &wrap<&load_and_branch<Access, a, d, index_of(b) % 2 == 1, index_of(b) >= 2>>;
    }
  });
}

template <class Access>
constexpr LoadSumTable make_load_sum() {
  return make_table<3, 2, 3>([]<Place a, Place b, Place d>() -> Handler {
    if constexpr (!can_be_at<typename Access::Value>(d)) {
      return nullptr;
    } else {
      return &wrap<&load_sum<Access, a, b == Place::slot ? Place::slot : Place::imm, d>>;
    }
  });
}

template <class Access>
constexpr StoreTable make_store() {
  return make_table<4, 4, 1>([]<Place a, Place v, Place d>() -> Handler {
    using Value = typename Access::Value;
    if constexpr (!can_be_at<Value>(v) || (v == Place::imm && !kIsInt<Value>)) {
      return nullptr;
    } else {
      return &wrap<&store<Access, a, v>>;
    }
  });
}

// --- Any memory, with bounds checks

using CheckedHandlers = std::array<Handler, CheckedForm::kCount>;

// The host address of `size` bytes in the memory; null when they are out of bounds.
template <bool clamps, class Address>
inline uint8_t* checked(Machine& m, const Operands& o, Address address, uint64_t size) {
  const runtime::MemInst& memory = *m.ctx->memories[o.x];
  uint64_t at;
  if (__builtin_add_overflow(uint64_t{address}, m.pc[2], &at) || !memory.contains(at, size)) return nullptr;
  return memory.base + clamped<clamps>(at, memory.size);
}

template <class Access, class Address, bool clamps>
void checked_load(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  const uint8_t* at = checked<clamps>(m, o, read<Address, Place::slot>(m, o.a), Access::kBytes);
  if (at == nullptr) [[unlikely]]
    return raise(m, TrapCode::out_of_bounds_memory_access);
  write<typename Access::Value, Place::slot>(m, o.d, Access::load(at));
  m.pc += 3;
}

template <class Access, class Address, bool clamps>
void checked_store(Machine& m) {
  const Operands o = operands_at(m.pc + 1);
  uint8_t* at = checked<clamps>(m, o, read<Address, Place::slot>(m, o.a), Access::kBytes);
  if (at == nullptr) [[unlikely]]
    return raise(m, TrapCode::out_of_bounds_memory_access);
  Access::store(at, read<typename Access::Value, Place::slot>(m, o.d));
  m.pc += 3;
}

// All handlers of one load or store opcode.
struct AccessHandlers {
  LoadTable load{};
  LoadSumTable load_sum{};
  LoadBranchTable load_branch{};
  StoreTable store{};
  CheckedHandlers checked{};
};

template <class Access>
constexpr AccessHandlers make_load_handlers() {
  AccessHandlers handlers;
  handlers.load = make_load<Access>();
  handlers.load_sum = make_load_sum<Access>();
  handlers.load_branch = make_load_branch<Access>();
  handlers.checked = {
      &wrap<&checked_load<Access, uint32_t, false>, kRare>, &wrap<&checked_load<Access, uint64_t, false>, kRare>,
      &wrap<&checked_load<Access, uint32_t, true>, kRare>, &wrap<&checked_load<Access, uint64_t, true>, kRare>};
  return handlers;
}

template <class Access>
constexpr AccessHandlers make_store_handlers() {
  AccessHandlers handlers;
  handlers.store = make_store<Access>();
  handlers.checked = {
      &wrap<&checked_store<Access, uint32_t, false>, kRare>, &wrap<&checked_store<Access, uint64_t, false>, kRare>,
      &wrap<&checked_store<Access, uint32_t, true>, kRare>, &wrap<&checked_store<Access, uint64_t, true>, kRare>};
  return handlers;
}

}  // namespace mini_wasm::interp
