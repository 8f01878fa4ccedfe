// Writes the sections of the binary format (spec 5.5) from a plan.
#include <algorithm>
#include <string>
#include <utility>

#include "decoder/module_decoder.h"
#include "spec-tests/generate/module_plan.h"

namespace mini_wasm::generate {
namespace {

using decoder::SectionId;

void section(Code& out, SectionId id, const Code& content) { out.u8(static_cast<unsigned>(id)).sized(content); }

// A section that is a vector of `count` items; omitted when there are none.
void section(Code& out, SectionId id, size_t count, const Code& items) {
  if (count != 0) section(out, id, Code().uleb(count).add(items));
}

void write_types(Code& out, const Types& types) {
  out.uleb(types.size());
  for (const Type type : types) out.type(type);
}

void write_field(Code& out, const Field& field) {
  constexpr unsigned kI8 = 0x78, kI16 = 0x77;
  if (field.packed_bits != 0)
    out.u8(field.packed_bits == 8 ? kI8 : kI16);
  else
    out.type(field.type);
  out.u8(field.mutable_);
}

void write_composite(Code& out, const DefinedType& type) {
  constexpr unsigned kFuncForm = 0x60, kStructForm = 0x5f, kArrayForm = 0x5e;
  switch (type.form) {
    case DefinedType::Form::func:
      out.u8(kFuncForm);
      write_types(out, type.signature.params);
      write_types(out, type.signature.results);
      return;
    case DefinedType::Form::struct_:
      out.u8(kStructForm).uleb(type.fields.size());
      for (const Field& field : type.fields) write_field(out, field);
      return;
    case DefinedType::Form::array: write_field(out.u8(kArrayForm), type.fields[0]); return;
  }
}

void write_type_section(Code& out, const ModulePlan& plan) {
  constexpr unsigned kRec = 0x4e, kSub = 0x50;
  Code items;
  size_t groups = plan.types.size();
  if (plan.one_rec_group && plan.aggregate_count != 0) {
    groups -= plan.aggregate_count - 1;
    items.u8(kRec).uleb(plan.aggregate_count);
  }
  for (uint32_t i = 0; i < plan.types.size(); ++i) {
    const DefinedType& type = plan.types[i];
    if (i < plan.aggregate_count) {
      items.u8(kSub).uleb(type.super >= 0);
      if (type.super >= 0) items.uleb(static_cast<uint32_t>(type.super));
    }
    write_composite(items, type);
  }
  section(out, SectionId::type, groups, items);
}

void write_limits(Code& out, uint64_t min, uint64_t max, bool shared, bool is_64) {
  constexpr unsigned kHasMax = 1, kShared = 2, k64 = 4;
  out.u8(kHasMax | (shared ? kShared : 0) | (is_64 ? k64 : 0)).uleb(min).uleb(max);
}

uint32_t type_of(const ModulePlan& plan, const Signature& tag) {
  return const_cast<ModulePlan&>(plan).type_index(tag);  // the type exists, so nothing is added
}

void write_table(Code& out, const TablePlan& table) {
  write_limits(out.type(table.element), table.min, table.max, false, table.is_64);
}

void write_memory(Code& out, const MemoryPlan& memory) {
  write_limits(out, memory.min, memory.max, memory.shared, memory.is_64);
}

// Imports from the host are functions "h" "0", "1" ...; other imports have the names of their exports.
void write_imports(Code& out, const ModulePlan& plan) {
  Code items;
  size_t count = 0;
  const auto add = [&](const Origin& from, const std::string& name, ExternKind kind) -> Code& {
    ++count;
    return items.name("m" + std::to_string(from.module)).name(name).u8(static_cast<unsigned>(kind));
  };
  const auto numbered = [&](const Origin& from, char letter, ExternKind kind) -> Code& {
    return add(from, letter + std::to_string(from.index), kind);
  };
  for (uint32_t i = 0; i < plan.imported_funcs; ++i) {
    if (plan.funcs[i].origin) {
      numbered(*plan.funcs[i].origin, 'f', ExternKind::func).uleb(plan.funcs[i].type);
    } else {
      ++count;
      items.name("h").name(std::to_string(i)).u8(0).uleb(plan.funcs[i].type);
    }
  }
  for (const TablePlan& table : plan.tables) {
    if (table.origin) write_table(numbered(*table.origin, 't', ExternKind::table), table);
  }
  for (const MemoryPlan& memory : plan.memories) {
    if (memory.origin) write_memory(numbered(*memory.origin, 'm', ExternKind::memory), memory);
  }
  for (size_t i = 0; i < plan.imported_tags.size(); ++i)
    numbered(plan.imported_tags[i], 'e', ExternKind::tag).u8(0).uleb(type_of(plan, plan.tags[i]));
  const GlobalPlan& fuel = plan.globals[kFuelGlobal];
  if (fuel.origin) add(*fuel.origin, "fuel", ExternKind::global).type(fuel.type).u8(fuel.mutable_);
  section(out, SectionId::import, count, items);
}

// The number of items that are not imported.
template <class Plan>
size_t count_own(const std::vector<Plan>& plans) {
  return static_cast<size_t>(std::count_if(plans.begin(), plans.end(), [](const Plan& plan) { return !plan.origin; }));
}

void write_declarations(Code& out, const ModulePlan& plan) {
  Code funcs, tables, memories, tags, globals;
  for (size_t i = plan.imported_funcs; i < plan.funcs.size(); ++i) funcs.uleb(plan.funcs[i].type);
  section(out, SectionId::function, plan.funcs.size() - plan.imported_funcs, funcs);
  for (const TablePlan& table : plan.tables) {
    if (!table.origin) write_table(tables, table);
  }
  section(out, SectionId::table, count_own(plan.tables), tables);
  for (const MemoryPlan& memory : plan.memories) {
    if (!memory.origin) write_memory(memories, memory);
  }
  section(out, SectionId::memory, count_own(plan.memories), memories);
  const size_t imported = plan.imported_tags.size();
  for (size_t i = imported; i < plan.tags.size(); ++i) tags.u8(0).uleb(type_of(plan, plan.tags[i]));
  section(out, SectionId::tag, plan.tags.size() - imported, tags);
  for (const GlobalPlan& global : plan.globals) {
    if (!global.origin) globals.type(global.type).u8(global.mutable_).add(global.init).op(Op::end);
  }
  section(out, SectionId::global, count_own(plan.globals), globals);
}

// Everything is exported: functions as "f0", memories "m0", globals "g1", tables "t0", and the fuel. Tags are exported
// only to other modules, because not every embedder supports them.
void write_exports(Code& out, const ModulePlan& plan) {
  Code items;
  size_t count = 0;
  const auto add = [&](std::string name, ExternKind kind, size_t index) {
    items.name(name).u8(static_cast<unsigned>(kind)).uleb(index);
    ++count;
  };
  for (size_t i = plan.imported_funcs; i < plan.funcs.size(); ++i) add("f" + std::to_string(i), ExternKind::func, i);
  for (size_t i = 0; i < plan.tables.size(); ++i) add("t" + std::to_string(i), ExternKind::table, i);
  for (size_t i = 0; i < plan.memories.size(); ++i) add("m" + std::to_string(i), ExternKind::memory, i);
  add("fuel", ExternKind::global, kFuelGlobal);
  for (size_t i = 1; i < plan.globals.size(); ++i) add("g" + std::to_string(i), ExternKind::global, i);
  for (size_t i = 0; plan.in_program && i < plan.tags.size(); ++i) add("e" + std::to_string(i), ExternKind::tag, i);
  section(out, SectionId::export_, count, items);
}

void write_elems(Code& out, const ModulePlan& plan) {
  constexpr unsigned kPassiveExprs = 5, kActiveExprs = 6, kDeclarativeExprs = 7;
  Code items;
  for (const ElemPlan& elem : plan.elems) {
    switch (elem.mode) {
      case SegmentMode::active: {
        items.u8(kActiveExprs).uleb(elem.table);
        plan.tables[elem.table].is_64 ? items.i64_const(0) : items.i32_const(0);
        items.op(Op::end);
        break;
      }
      case SegmentMode::passive: items.u8(kPassiveExprs); break;
      case SegmentMode::declarative: items.u8(kDeclarativeExprs); break;
    }
    items.type(elem.type).uleb(elem.items.size());
    for (const Code& item : elem.items) items.add(item).op(Op::end);
  }
  section(out, SectionId::element, plan.elems.size(), items);
}

void write_datas(Code& out, const ModulePlan& plan) {
  constexpr unsigned kPassive = 1, kActive = 2;
  Code items;
  for (const DataPlan& data : plan.datas) {
    if (data.mode == SegmentMode::active) {
      items.u8(kActive).uleb(data.memory);
      const auto offset = static_cast<int32_t>(data.offset);
      plan.memories[data.memory].is_64 ? items.i64_const(offset) : items.i32_const(offset);
      items.op(Op::end);
    } else {
      items.u8(kPassive);
    }
    items.uleb(data.bytes.size()).add(data.bytes);
  }
  section(out, SectionId::data, plan.datas.size(), items);
}

}  // namespace

Code& Code::type(Type type) {
  static constexpr uint8_t kCodes[] = {0x7f, 0x7e, 0x7d, 0x7c, 0x7b};
  if (!type.is_ref()) return u8(kCodes[static_cast<size_t>(type.kind)]);
  constexpr unsigned kRef = 0x64, kRefNull = 0x63;
  if (type.nullable && type.heap < 0) return heap(type.heap);  // the short form
  return u8(type.nullable ? kRefNull : kRef).heap(type.heap);
}

std::vector<uint8_t> write_module(const ModulePlan& plan, const std::vector<Code>& bodies) {
  Code out;
  out.add(std::vector<uint8_t>{0, 'a', 's', 'm', 1, 0, 0, 0});
  write_type_section(out, plan);
  write_imports(out, plan);
  write_declarations(out, plan);
  write_exports(out, plan);
  if (plan.start) section(out, SectionId::start, Code().uleb(plan.imported_funcs));
  write_elems(out, plan);
  if (!plan.datas.empty()) section(out, SectionId::data_count, Code().uleb(plan.datas.size()));
  Code code;
  for (const Code& body : bodies) code.sized(body);
  section(out, SectionId::code, bodies.size(), code);
  write_datas(out, plan);
  return out.take();
}

}  // namespace mini_wasm::generate
