// One function for each section, in the order of the specification.
#include "decoder/module_decoder.h"

#include <string>

#include "core/limits.h"
#include "core/missing_feature.h"
#include "decoder/file_kind.h"
#include "decoder/instr_reader.h"
#include "decoder/reader.h"
#include "decoder/type_decoder.h"

namespace mini_wasm::decoder {
namespace {

// The position of each section in the required order (5.5.17): tag comes before global, data count before code.
constexpr uint8_t order_of(SectionId id) {
  switch (id) {
    case SectionId::custom: return 0;
    case SectionId::type: return 1;
    case SectionId::import: return 2;
    case SectionId::function: return 3;
    case SectionId::table: return 4;
    case SectionId::memory: return 5;
    case SectionId::tag: return 6;
    case SectionId::global: return 7;
    case SectionId::export_: return 8;
    case SectionId::start: return 9;
    case SectionId::element: return 10;
    case SectionId::data_count: return 11;
    case SectionId::code: return 12;
    case SectionId::data: return 13;
  }
  return 0;
}

class ModuleDecoder {
 public:
  ModuleDecoder(Module& module, TypeRegistry& registry, FeatureSet features)
      : m_(module), registry_(registry), on_(features), file_(module.bytes) {}

  Result<void> decode() {
    read_header(file_);
    while (file_.ok() && !file_.at_end()) decode_section();
    if (file_.ok()) check_consistency();
    if (!file_.ok()) return first_error();
    if (name_section_) m_.name_section = *name_section_;
    return {};
  }

 private:
  void decode_section() {
    const Section section = read_section(file_);
    if (!file_.ok()) return;
    if (section.id == SectionId::tag && !on_.has(Feature::exceptions)) {
      return file_.fail(section.offset, missing_feature("malformed section id 13: a tag section", Feature::exceptions));
    }
    if (section.id == SectionId::data_count && !on_.has(Feature::bulk_memory)) {
      return file_.fail(section.offset,
                        missing_feature("malformed section id 12: a data count section", Feature::bulk_memory));
    }
    if (section.id != SectionId::custom) {
      if (order_of(section.id) <= last_order_) {
        return file_.fail(section.offset, std::string("unexpected content after last section: ") +
                                              to_string(section.id) + " section out of order or repeated");
      }
      last_order_ = order_of(section.id);
    }
    Reader r(m_.bytes, section.content);
    read_content(section, r);
    if (r.ok() && !r.at_end()) {
      r.fail("section size mismatch: " + std::to_string(r.left()) + " bytes left in the " + to_string(section.id) +
             " section");
    }
    if (!r.ok()) file_.fail(r.take_error());
  }

  void read_content(const Section& section, Reader& r) {
    switch (section.id) {
      case SectionId::custom: return read_custom(r);
      case SectionId::type: return read_type_section(r, m_, registry_, on_);
      case SectionId::import: return read_imports(r);
      case SectionId::function: return read_functions(r);
      case SectionId::table: return read_tables(r);
      case SectionId::memory: return read_memories(r);
      case SectionId::global: return read_globals(r);
      case SectionId::export_: return read_exports(r);
      case SectionId::start: return read_start(r);
      case SectionId::element: return read_elems(r);
      case SectionId::code: return read_code(r, section);
      case SectionId::data: return read_datas(r);
      case SectionId::data_count: m_.data_count = r.u32(); return;
      case SectionId::tag: return read_tags(r);
    }
  }

  TypeScope scope() const { return TypeScope(m_, on_); }

  // 5.5.3
  void read_custom(Reader& r) {
    CustomSection custom;
    custom.name = r.name();
    if (!r.ok()) return;
    custom.payload = r.bytes(r.left());
    m_.customs.push_back(custom);
    // If there are several name sections, the first one is used. It is read last, when the functions are known.
    if (custom.name == "name" && !name_section_) name_section_ = custom.payload;
  }

  // 5.5.5
  void read_imports(Reader& r) {
    const uint32_t count = read_count(r, 3, limits::kMaxImports, "imports");
    m_.imports.reserve(count);
    for (uint32_t i = 0; i < count && r.ok(); ++i) {
      Import import;
      import.offset = r.offset();
      import.module = r.name();
      import.name = r.name();
      read_import_type(r, import);
      if (r.ok()) m_.imports.push_back(import);
    }
    m_.imported_funcs = static_cast<uint32_t>(m_.funcs.size());
    m_.imported_tables = static_cast<uint32_t>(m_.tables.size());
    m_.imported_memories = static_cast<uint32_t>(m_.memories.size());
    m_.imported_globals = static_cast<uint32_t>(m_.globals.size());
    m_.imported_tags = static_cast<uint32_t>(m_.tags.size());
  }

  void read_import_type(Reader& r, Import& import) {
    const uint32_t at = r.offset();
    const uint8_t kind = r.u8();
    if (!r.ok()) return;
    if (kind > (on_.has(Feature::exceptions) ? 4 : 3)) {
      return r.fail(at, "malformed import kind " + std::to_string(kind));
    }
    import.kind = static_cast<ExternKind>(kind);
    switch (import.kind) {
      case ExternKind::func: return add(m_.funcs, import, Func{TypeIdx{r.u32()}, {}, import.offset});
      case ExternKind::table: return add(m_.tables, import, Table{read_table_type(r, scope()), {}, import.offset});
      case ExternKind::memory: return add(m_.memories, import, Memory{read_memory_type(r, on_), import.offset});
      case ExternKind::global: return add(m_.globals, import, Global{read_global_type(r, scope()), {}, import.offset});
      case ExternKind::tag: return add(m_.tags, import, read_tag(r));
    }
  }

  template <class T>
  static void add(std::vector<T>& space, Import& import, T item) {
    import.index = static_cast<uint32_t>(space.size());
    space.push_back(std::move(item));
  }

  // 5.5.6
  void read_functions(Reader& r) {
    const uint32_t count = read_count(r, 1, limits::kMaxFunctions, "functions");
    m_.funcs.reserve(m_.funcs.size() + count);
    for (uint32_t i = 0; i < count && r.ok(); ++i) {
      const uint32_t at = r.offset();
      m_.funcs.push_back({TypeIdx{r.u32()}, {}, at});
    }
  }

  // 5.5.7
  void read_tables(Reader& r) {
    const uint32_t count = read_count(r, 2, limits::kMaxTables, "tables");
    m_.tables.reserve(m_.tables.size() + count);
    for (uint32_t i = 0; i < count && r.ok(); ++i) {
      Table table;
      table.offset = r.offset();
      const bool has_init = r.peek() == 0x40;
      if (has_init) {
        if (!require(r, on_, Feature::function_refs, r.offset(), "a table with an initial value")) return;
        r.u8();
        read_zero_byte(r);
      }
      table.type = read_table_type(r, scope());
      if (has_init) table.init = skip_expr(r, scope(), scratch_);
      m_.tables.push_back(table);
    }
  }

  // 5.5.8
  void read_memories(Reader& r) {
    const uint32_t count = read_count(r, 1, limits::kMaxMemories, "memories");
    for (uint32_t i = 0; i < count && r.ok(); ++i) {
      const uint32_t at = r.offset();
      m_.memories.push_back({read_memory_type(r, on_), at});
    }
  }

  // 5.5.17
  void read_tags(Reader& r) {
    const uint32_t count = read_count(r, 2, limits::kMaxTags, "tags");
    for (uint32_t i = 0; i < count && r.ok(); ++i) m_.tags.push_back(read_tag(r));
  }

  Tag read_tag(Reader& r) {
    const uint32_t at = r.offset();
    read_zero_byte(r);
    return {TypeIdx{r.u32()}, at};
  }

  // 5.5.9
  void read_globals(Reader& r) {
    const uint32_t count = read_count(r, 3, limits::kMaxGlobals, "globals");
    m_.globals.reserve(m_.globals.size() + count);
    for (uint32_t i = 0; i < count && r.ok(); ++i) {
      Global global;
      global.offset = r.offset();
      global.type = read_global_type(r, scope());
      global.init = skip_expr(r, scope(), scratch_);
      m_.globals.push_back(global);
    }
  }

  // 5.5.10
  void read_exports(Reader& r) {
    const uint32_t count = read_count(r, 3, limits::kMaxExports, "exports");
    m_.exports.reserve(count);
    for (uint32_t i = 0; i < count && r.ok(); ++i) {
      Export e;
      e.offset = r.offset();
      e.name = r.name();
      const uint32_t at = r.offset();
      const uint8_t kind = r.u8();
      if (kind > (on_.has(Feature::exceptions) ? 4 : 3)) {
        return r.fail(at, "malformed export kind " + std::to_string(kind));
      }
      e.kind = static_cast<ExternKind>(kind);
      e.index = r.u32();
      m_.exports.push_back(e);
    }
  }

  // 5.5.11
  void read_start(Reader& r) {
    m_.start_offset = r.offset();
    m_.start = FuncIdx{r.u32()};
  }

  // 5.5.12
  void read_elems(Reader& r) {
    const uint32_t count = read_count(r, 2, limits::kMaxElemSegments, "element segments");
    m_.elems.reserve(count);
    for (uint32_t i = 0; i < count && r.ok(); ++i) {
      m_.elems.emplace_back();
      read_elem(r, m_.elems.back());
    }
  }

  // The eight forms are encoded in three bits: not active, explicit table or declarative, expressions.
  void read_elem(Reader& r, Elem& elem) {
    elem.offset = r.offset();
    const uint32_t flags = r.u32();
    if (flags > 7) return r.fail(elem.offset, "malformed elements segment kind " + std::to_string(flags));
    if (flags != 0 && !require(r, on_, Feature::bulk_memory, elem.offset, "this form of element segment")) return;
    const bool bit0 = flags & 1, bit1 = flags & 2;
    elem.mode = !bit0 ? SegmentMode::active : bit1 ? SegmentMode::declarative : SegmentMode::passive;
    elem.uses_exprs = (flags & 4) != 0;
    if (elem.mode == SegmentMode::active) {
      if (bit1) elem.table = TableIdx{r.u32()};
      elem.table_offset = skip_expr(r, scope(), scratch_);
    }
    const bool typed = bit0 || bit1;
    if (elem.uses_exprs) {
      if (typed) elem.type = read_element_type(r, scope());
      return read_elem_exprs(r, elem);
    }
    const uint32_t at = r.offset();
    if (typed && r.u8() != 0) return r.fail(at, "malformed element kind");
    elem.type = ValType::ref(HeapKind::func, false);
    read_elem_funcs(r, elem);
  }

  void read_elem_exprs(Reader& r, Elem& elem) {
    const uint32_t count = read_count(r, 1, limits::kMaxElemEntries, "elements");
    elem.exprs.reserve(count);
    for (uint32_t i = 0; i < count && r.ok(); ++i) elem.exprs.push_back(skip_expr(r, scope(), scratch_));
  }

  void read_elem_funcs(Reader& r, Elem& elem) {
    const uint32_t count = read_count(r, 1, limits::kMaxElemEntries, "elements");
    elem.funcs.resize(count);
    for (uint32_t i = 0; i < count; ++i) elem.funcs[i] = FuncIdx{r.u32()};
  }

  // 5.5.13: each body is skipped by its size, and read only by the validator.
  void read_code(Reader& r, const Section& section) {
    m_.code_section = section.content;
    body_count_ = read_count(r, 1, limits::kMaxFunctions, "function bodies");
    for (uint32_t i = 0; i < body_count_ && r.ok(); ++i) {
      const uint32_t at = r.offset();
      const uint32_t size = r.u32();
      const ByteRange body = r.sized(size, at);
      const size_t index = size_t{m_.imported_funcs} + i;
      if (r.ok() && size > limits::kMaxFunctionSize) {
        r.fail(at,
               "function " + std::to_string(index) + " is too large: " + std::to_string(size) + " bytes, at most " +
                   std::to_string(limits::kMaxFunctionSize),
               ErrorKind::limit);
      }
      if (index < m_.funcs.size()) m_.funcs[index].body = body;
    }
  }

  // 5.5.14
  void read_datas(Reader& r) {
    const uint32_t count = read_count(r, 2, limits::kMaxDataSegments, "data segments");
    m_.datas.reserve(count);
    for (uint32_t i = 0; i < count && r.ok(); ++i) {
      Data data;
      data.offset = r.offset();
      const uint32_t flags = r.u32();
      if (flags > 2) return r.fail(data.offset, "malformed data segment kind " + std::to_string(flags));
      if (flags == 1 && !require(r, on_, Feature::bulk_memory, data.offset, "a passive data segment")) return;
      data.mode = flags == 1 ? SegmentMode::passive : SegmentMode::active;
      if (flags == 2) data.memory = MemIdx{r.u32()};
      if (flags != 1) data.memory_offset = skip_expr(r, scope(), scratch_);
      const uint32_t size = r.u32();
      data.bytes = r.bytes(size);
      m_.datas.push_back(data);
    }
  }

  // 5.5.16: the conditions for the module as a whole.
  void check_consistency() {
    const uint32_t at = file_.offset();
    const size_t defined = m_.funcs.size() - m_.imported_funcs;
    if (body_count_ != defined) {
      return file_.fail(at, "function and code section have inconsistent lengths: " + std::to_string(defined) +
                                " functions, " + std::to_string(body_count_) + " bodies");
    }
    if (m_.data_count && *m_.data_count != m_.datas.size()) {
      file_.fail(at, "data count and data section have inconsistent lengths: " + std::to_string(*m_.data_count) +
                         " announced, " + std::to_string(m_.datas.size()) + " segments");
    }
  }

  // A wrong size of a body shifts everything after it, so an error in a body is often the cause of a later one. If
  // there are two errors, the first one by byte offset is reported.
  Error first_error() {
    Error error = file_.take_error();
    for (const Func& func : m_.funcs) {
      if (func.body.size() == 0) continue;
      if (func.body.begin > error.offset) break;
      Reader r(m_.bytes, func.body);
      skip_body(r, scope(), scratch_);
      if (!r.ok() && r.error().kind == ErrorKind::malformed && r.error().offset < error.offset) return r.take_error();
    }
    return error;
  }

  Module& m_;
  TypeRegistry& registry_;
  const FeatureSet on_;
  Reader file_;
  uint8_t last_order_ = 0;
  uint32_t body_count_ = 0;
  std::optional<ByteRange> name_section_;
  Immediates scratch_;
};

Result<std::unique_ptr<Module>> decode(std::unique_ptr<Module> module, TypeRegistry& registry, FeatureSet features) {
  if (module->bytes.size() > limits::kMaxModuleSize) {
    return Error::make(ErrorKind::limit,
                       "the module is larger than " + std::to_string(limits::kMaxModuleSize) + " bytes");
  }
  module->registry = &registry;
  if (Result<void> result = ModuleDecoder(*module, registry, features).decode(); !result) return result.error();
  return module;
}

}  // namespace

const char* to_string(SectionId id) {
  constexpr const char* kNames[] = {"custom", "type",  "import",  "function", "table", "memory",     "global",
                                    "export", "start", "element", "code",     "data",  "data count", "tag"};
  return kNames[static_cast<size_t>(id)];
}

void read_header(Reader& r) {
  constexpr uint32_t kMagicSize = 4, kVersion = 1, kComponentLayer = 1;
  const std::span<const uint8_t> bytes(r.pos(), r.left());
  if (bytes.empty()) return r.fail(0, std::string(r.end_message()) + ": there is nothing in it");
  if (r.left() < kMagicSize) return r.fail(r.offset() + static_cast<uint32_t>(r.left()), r.end_message());
  if (!has_magic(bytes)) return r.fail(0, "magic header not detected: " + describe_kind(bytes));
  r.skip(kMagicSize);
  const uint32_t version = r.fixed_u32();
  if (!r.ok() || version == kVersion) return;
  r.fail(kMagicSize, version >> 16 == kComponentLayer ? "unknown binary version: this is a component, not a module"
                                                      : "unknown binary version");
}

Section read_section(Reader& r) {
  Section section;
  section.offset = r.offset();
  const uint8_t id = r.u8();
  if (id >= kSectionCount) {
    r.fail(section.offset, "malformed section id " + std::to_string(id));
    return section;
  }
  section.id = static_cast<SectionId>(id);
  const uint32_t at = r.offset();
  const uint32_t size = r.u32();
  section.content = r.sized(size, at);
  return section;
}

Result<std::unique_ptr<Module>> decode_module(std::span<const uint8_t> bytes, TypeRegistry& registry,
                                              FeatureSet features) {
  auto module = std::make_unique<Module>();
  module->bytes = bytes;
  return decode(std::move(module), registry, features);
}

Result<std::unique_ptr<Module>> decode_module(std::vector<uint8_t> bytes, TypeRegistry& registry, FeatureSet features) {
  auto module = std::make_unique<Module>();
  module->owned_bytes = std::move(bytes);
  module->bytes = module->owned_bytes;
  return decode(std::move(module), registry, features);
}

}  // namespace mini_wasm::decoder
