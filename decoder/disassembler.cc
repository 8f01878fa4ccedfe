// Sections and definitions; function bodies are code_printer's.
#include "decoder/disassembler.h"

#include "decoder/code_printer.h"
#include "decoder/instr_reader.h"
#include "decoder/module_decoder.h"
#include "decoder/text_writer.h"

namespace mini_wasm::decoder {
namespace {

std::string number(uint64_t n) { return std::to_string(n); }

// One line per section, up to the first that is malformed.
void list_sections(std::span<const uint8_t> bytes, TextWriter& out) {
  out.line(0, ";; " + number(bytes.size()) + " bytes");
  Reader r(bytes);
  read_header(r);
  while (r.ok() && !r.at_end()) {
    const Section section = read_section(r);
    if (!r.ok()) return;
    std::string text = std::string(";; section ") + to_string(section.id) + ": " + number(section.content.size()) +
                       " bytes at 0x" + hex_number(section.content.begin);
    Reader content(bytes, section.content);
    if (section.id == SectionId::custom)
      text += ", " + quoted(content.name());
    else if (section.id != SectionId::start)
      text += ", " + number(content.u32()) + " entries";
    out.line_at(section.offset, 0, text);
  }
}

class Disassembler {
 public:
  Disassembler(const Module& module, FeatureSet features, TextWriter& out)
      : m_(module), out_(out), code_(module, features, out) {}

  void run() {
    out_.line(0, m_.names().module.empty() ? "(module" : "(module $" + quoted(m_.names().module));
    for (uint32_t i = 0; i < m_.types.size(); ++i) type(i);
    for (const Import& import : m_.imports) this->import(import);
    for (size_t i = m_.imported_tables; i < m_.tables.size(); ++i) table(i);
    for (size_t i = m_.imported_memories; i < m_.memories.size(); ++i) {
      out_.line_at(m_.memories[i].offset, 1, "(memory " + number(i) + memory_type(m_.memories[i].type) + ")");
    }
    for (size_t i = m_.imported_tags; i < m_.tags.size(); ++i) {
      out_.line_at(m_.tags[i].offset, 1, "(tag " + number(i) + type_use(m_.tags[i].type) + ")");
    }
    for (size_t i = m_.imported_globals; i < m_.globals.size(); ++i) global(i);
    for (const Export& e : m_.exports) {
      const std::string item = e.kind == ExternKind::func ? code_.func(e.index) : number(e.index);
      out_.line_at(e.offset, 1, "(export " + quoted(e.name) + " (" + to_string(e.kind) + " " + item + "))");
    }
    if (m_.start) out_.line_at(m_.start_offset, 1, "(start " + code_.func(raw(*m_.start)) + ")");
    for (size_t i = 0; i < m_.elems.size(); ++i) elem(i);
    for (uint32_t i = m_.imported_funcs; i < m_.funcs.size(); ++i) func(i);
    for (size_t i = 0; i < m_.datas.size(); ++i) data(i);
    out_.line(0, ")");
  }

 private:
  // --- Types
  std::string field(const FieldType& field) const {
    const char* packed = field.packed == FieldType::Packed::i8 ? "i8" : "i16";
    const std::string text = field.packed == FieldType::Packed::none ? code_.type(field.value) : packed;
    return field.mutable_ ? "(mut " + text + ")" : text;
  }
  void type(uint32_t index) {
    const DefType& def = m_.registry->get(m_.types[index]);
    std::string text;
    switch (def.kind) {
      case CompositeKind::func: text = "(func" + code_.signature(def.func) + ")"; break;
      case CompositeKind::struct_:
        text = "(struct";
        for (const FieldType& f : def.fields) text += " (field " + field(f) + ")";
        text += ")";
        break;
      case CompositeKind::array: text = "(array " + field(def.fields[0]) + ")"; break;
    }
    if (def.super != kNoType || !def.final_) {
      const std::string super = def.super == kNoType ? "" : code_.type_index(def.super) + " ";
      text = std::string("(sub ") + (def.final_ ? "final " : "") + super + text + ")";
    }
    out_.line_at(m_.type_offsets[index], 1, "(type " + number(index) + " " + text + ")");
  }
  std::string type_use(TypeIdx type) const { return " (type " + number(raw(type)) + ")" + code_.signature(type); }
  static std::string limits(const Limits& limits, bool is_64) {
    return (is_64 ? " i64 " : " ") + number(limits.min) + (limits.max ? " " + number(*limits.max) : "");
  }
  static std::string memory_type(const MemoryType& type) {
    return limits(type.limits, type.is_64) + (type.shared ? " shared" : "") +
           (type.page_size_log2 != 16 ? " (pagesize " + number(uint64_t{1} << type.page_size_log2) + ")" : "");
  }
  std::string table_type(const TableType& type) const {
    return limits(type.limits, type.is_64) + " " + code_.type(type.element);
  }
  std::string global_type(const GlobalType& type) const {
    return type.mutable_ ? " (mut " + code_.type(type.value) + ")" : " " + code_.type(type.value);
  }

  // --- Definitions
  void import(const Import& import) {
    const uint32_t i = import.index;
    std::string item = number(i);
    switch (import.kind) {
      case ExternKind::func: item = code_.func(i) + type_use(m_.funcs[i].type); break;
      case ExternKind::table: item += table_type(m_.tables[i].type); break;
      case ExternKind::memory: item += memory_type(m_.memories[i].type); break;
      case ExternKind::global: item += global_type(m_.globals[i].type); break;
      case ExternKind::tag: item += type_use(m_.tags[i].type); break;
    }
    out_.line_at(import.offset, 1,
                 "(import " + quoted(import.module) + " " + quoted(import.name) + " (" + to_string(import.kind) + " " +
                     item + "))");
  }
  void table(size_t index) {
    const Table& table = m_.tables[index];
    const std::string init = table.init.size() ? " (" + code_.expr(table.init) + ")" : "";
    out_.line_at(table.offset, 1, "(table " + number(index) + table_type(table.type) + init + ")");
  }
  void global(size_t index) {
    const Global& global = m_.globals[index];
    out_.line_at(global.offset, 1,
                 "(global " + number(index) + global_type(global.type) + " (" + code_.expr(global.init) + "))");
  }

  void elem(size_t index) {
    const Elem& elem = m_.elems[index];
    std::string text = "(elem " + number(index);
    if (elem.mode == SegmentMode::declarative) text += " declare";
    if (elem.mode == SegmentMode::active) {
      if (raw(elem.table) != 0) text += " (table " + number(raw(elem.table)) + ")";
      text += " (offset " + code_.expr(elem.table_offset) + ")";
    }
    text += elem.uses_exprs ? " " + code_.type(elem.type) : " func";
    out_.line_at(elem.offset, 1, text + "  ;; " + number(elem.size()) + " elements");
    for (uint32_t i = 0; i < elem.size(); ++i) {
      const std::string item =
          elem.uses_exprs ? "(item " + code_.expr(elem.exprs[i]) + ")" : code_.func(raw(elem.funcs[i]));
      out_.line(2, item + "  ;; " + number(i));
    }
    out_.line(1, ")");
  }

  void func(uint32_t index) {
    const Func& func = m_.funcs[index];
    out_.line_at(func.body.begin, 1,
                 "(func " + code_.func(index) + type_use(func.type) + "  ;; " + number(func.body.size()) + " bytes");
    code_.body(index);
    out_.line(1, ")");
  }

  // The bytes in rows as they are in a hex dump; the first kMaxDataBytes of a segment.
  void data(size_t index) {
    constexpr uint32_t kRow = 16, kMaxDataBytes = 256;
    const Data& data = m_.datas[index];
    std::string text = "(data " + number(index);
    if (data.mode == SegmentMode::active) {
      if (raw(data.memory) != 0) text += " (memory " + number(raw(data.memory)) + ")";
      text += " (offset " + code_.expr(data.memory_offset) + ")";
    }
    out_.line_at(data.offset, 1, text + "  ;; " + number(data.bytes.size()) + " bytes");
    const uint32_t end = data.bytes.begin + std::min(data.bytes.size(), kMaxDataBytes);
    for (uint32_t at = data.bytes.begin; at < end; at += kRow) row(at, std::min(end, at + kRow));
    if (end < data.bytes.end) out_.line(2, ";; " + number(data.bytes.end - end) + " bytes more");
    out_.line(1, ")");
  }
  void row(uint32_t begin, uint32_t end) {
    std::string hex, ascii;
    for (const uint8_t byte : m_.view({begin, end})) {
      hex += hex_number(byte, 2) + " ";
      ascii += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.';
    }
    out_.line_at(begin, 2, hex + std::string(3 * (16 - ascii.size()), ' ') + " " + ascii);
  }

  const Module& m_;
  TextWriter& out_;
  CodePrinter code_;
};

}  // namespace

Result<void> disassemble(std::span<const uint8_t> bytes, FeatureSet features, const TextSink& sink) {
  TextWriter out(sink);
  list_sections(bytes, out);
  TypeRegistry registry;
  Result<std::unique_ptr<Module>> module = decode_module(bytes, registry, features);
  if (!module) return std::move(module).error();
  Disassembler(**module, features, out).run();
  return {};
}

}  // namespace mini_wasm::decoder
