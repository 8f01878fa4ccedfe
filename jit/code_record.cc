#include "jit/code_record.h"

#include <algorithm>

#include "core/leb128.h"
#include "decoder/reader.h"
#include "runtime/compiled_module.h"
#include "runtime/system/image.h"

namespace mini_wasm::jit {
namespace {

using Kind = Relocation::Kind;

// Format of a record. Numbers are LEB128. Offsets that ascend are written as distances from the one before.
//
//   size, register_entry
//   count of loop entries; for each: loop, offset
//   count of handlers; for each: the numbers of a HandlerRange
//   count of catch clauses; for each: kind and keeps_exception (a byte each), tag, target, slot
//   count of sites; for each: distance in the code, distance in the module (signed), fp_delta
//   count of relocations; for each: distance, kind (a byte), target
//   the code, unlinked

// These give types and constants their names (code_record.h). They return false when there is none.
bool name_type(const decoder::Module& module, TypeId type, uint32_t& name) {
  const auto at = std::find(module.types.begin(), module.types.end(), type);
  name = static_cast<uint32_t>(at - module.types.begin());
  return at != module.types.end();
}

bool name_constant(const decoder::Module& module, Kind kind, uint64_t value, uint32_t& name) {
  const runtime::Image& image = runtime::Image::own();
  switch (kind) {
    case Kind::image:
      name = static_cast<uint32_t>(value - image.base);
      return image.contains(value) && value - image.base <= Relocation::kMostTarget;
    case Kind::layout: return name_type(module, reinterpret_cast<const runtime::gc::TypeLayout*>(value)->type, name);
    case Kind::type: return name_type(module, TypeId{static_cast<uint32_t>(value)}, name);
    default: return false;
  }
}

// Whether the target of a relocation that was read is the name of a constant of its kind.
bool is_name(const decoder::Module& module, const Relocation& r) {
  const runtime::Image& image = runtime::Image::own();
  if (r.kind() == Kind::image) return image.contains(image.base + r.target);
  if (r.target >= module.types.size()) return false;
  return r.kind() == Kind::type || module.registry->get(module.types[r.target]).kind != CompositeKind::func;
}

void append_exceptions(const runtime::ExceptionTable& table, std::vector<uint8_t>& out) {
  write_uleb(out, table.handlers.size());
  for (const runtime::HandlerRange& range : table.handlers) {
    for (const uint32_t n : {range.begin, range.end, range.catches, range.catch_count, range.depth, range.outer}) {
      write_uleb(out, n);
    }
  }
  write_uleb(out, table.catches.size());
  for (const runtime::CatchEntry& entry : table.catches) {
    out.push_back(static_cast<uint8_t>(entry.kind));
    out.push_back(entry.keeps_exception ? 1 : 0);
    for (const uint32_t n : {entry.tag, entry.target, uint32_t{entry.slot}}) write_uleb(out, n);
  }
}

// The read_* functions return false when a number is impossible. When the record ends too early, the Reader has the
// error. `size`: bytes of the code. `tags`: number of tags of the module.
bool read_exceptions(decoder::Reader& r, uint32_t size, size_t tags, runtime::ExceptionTable& table) {
  bool right = true;
  table.handlers.resize(r.count(6, "handlers"));
  for (runtime::HandlerRange& range : table.handlers) {
    for (uint32_t* n : {&range.begin, &range.end, &range.catches, &range.catch_count, &range.depth, &range.outer}) {
      *n = r.u32();
    }
  }
  table.catches.resize(r.count(5, "catches"));
  for (runtime::CatchEntry& entry : table.catches) {
    const uint8_t kind = r.u8();
    entry.kind = static_cast<CatchKind>(kind);
    entry.keeps_exception = r.u8() != 0;
    entry.tag = r.u32();
    entry.target = r.u32();
    const uint32_t slot = r.u32();
    entry.slot = static_cast<uint16_t>(slot);
    right &= slot == entry.slot;
    right &= kind <= static_cast<uint8_t>(CatchKind::catch_all_ref) && entry.target < size;
    right &= !has_tag(entry.kind) || entry.tag < tags;
  }
  for (const runtime::HandlerRange& range : table.handlers) {
    right &= uint64_t{range.catches} + range.catch_count <= table.catches.size();
  }
  table.index();
  return right;
}

// Distances in the module may be negative, because code out of line comes behind the code of later instructions.
bool read_sites(decoder::Reader& r, uint32_t size, std::vector<Site>& sites) {
  Site site;
  sites.resize(r.count(3, "sites"));
  for (Site& s : sites) {
    const uint32_t distance = r.u32();
    if (distance > size - site.native) return false;
    site.native += distance;
    site.offset += static_cast<uint32_t>(r.s32());
    const uint32_t fp_delta = r.u32();
    site.fp_delta = static_cast<uint16_t>(fp_delta);
    if (fp_delta != site.fp_delta) return false;
    s = site;
  }
  return true;
}

bool read_relocations(const Backend& backend, decoder::Reader& r, const decoder::Module& module, uint32_t size,
                      std::vector<Relocation>& relocations) {
  const auto functions = static_cast<uint32_t>(module.funcs.size() - module.imported_funcs);
  const uint32_t count = r.count(3, "relocations");
  relocations.reserve(count);
  uint32_t offset = 0;
  for (uint32_t i = 0; i < count && r.ok(); ++i) {
    const uint32_t distance = r.u32();
    if (distance > size - offset) return false;
    offset += distance;
    const uint8_t kind = r.u8();
    const uint32_t target = r.u32();
    if (kind >= Relocation::kKinds || target > Relocation::kMostTarget) return false;
    const Relocation& relocation = relocations.emplace_back(offset, static_cast<Kind>(kind), target);
    if (!backend.can_link(size, relocation, functions)) return false;
    if (relocation.is_constant() && !is_name(module, relocation)) return false;
  }
  return true;
}

}  // namespace

// The values of constants are read from the placed code.
bool append_record(const Backend& backend, const runtime::CompiledModule& module, const NativeCode& code,
                   std::span<const Relocation> relocations, std::vector<uint8_t>& out) {
  write_uleb(out, code.size);
  write_uleb(out, code.register_entry);
  write_uleb(out, code.loop_entries.size());
  for (const LoopEntry& entry : code.loop_entries) {
    write_uleb(out, entry.loop);
    write_uleb(out, entry.native);
  }
  append_exceptions(code.exceptions, out);
  write_uleb(out, code.sites.size());
  Site last;
  for (const Site& site : code.sites) {
    write_uleb(out, site.native - last.native);
    write_sleb(out, int64_t{site.offset} - last.offset);
    write_uleb(out, site.fp_delta);
    last = site;
  }
  write_uleb(out, relocations.size());
  uint32_t offset = 0;
  for (const Relocation& r : relocations) {
    uint32_t target = r.target;
    if (r.is_constant() && !name_constant(module.module(), r.kind(), backend.read_constant(code.begin, r), target))
      return false;
    write_uleb(out, r.offset - offset);
    out.push_back(static_cast<uint8_t>(r.kind()));
    write_uleb(out, target);
    offset = r.offset;
  }
  const size_t at = out.size();
  out.insert(out.end(), code.begin, code.begin + code.size);
  backend.unlink(out.data() + at, relocations);
  return true;
}

bool read_record(const Backend& backend, const runtime::CompiledModule& module, std::span<const uint8_t> bytes,
                 CodeRecord& record) {
  decoder::Reader r(bytes);
  NativeCode& tables = record.tables;
  tables.size = r.u32();
  tables.register_entry = r.u32();
  tables.loop_entries.resize(r.count(2, "loops"));
  bool right = tables.register_entry <= tables.size;
  for (LoopEntry& entry : tables.loop_entries) {
    entry.loop = r.u32();
    entry.native = r.u32();
    right &= entry.native < tables.size;
  }
  right = right && read_exceptions(r, tables.size, module.module().tags.size(), tables.exceptions) &&
          read_sites(r, tables.size, record.sites) &&
          read_relocations(backend, r, module.module(), tables.size, record.relocations);
  if (!right || !r.ok() || r.left() != tables.size) return false;
  record.code = bytes.last(tables.size);
  return true;
}

void fill_constants(const Backend& backend, const runtime::CompiledModule& module, uint8_t* to,
                    std::span<const Relocation> relocations) {
  const decoder::Module& m = module.module();
  for (const Relocation& r : relocations) {
    uint64_t value;
    if (r.kind() == Kind::image) {
      value = runtime::Image::own().base + r.target;
    } else if (r.kind() == Kind::layout) {
      value = reinterpret_cast<uint64_t>(&module.engine().layouts().get(m.types[r.target]));
    } else if (r.kind() == Kind::type) {
      value = static_cast<uint32_t>(m.types[r.target]);
    } else {
      continue;
    }
    backend.write_constant(to, r, value);
  }
}

}  // namespace mini_wasm::jit
