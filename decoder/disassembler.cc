// Prints sections and definitions; code_printer.cc prints function bodies.
#include "decoder/disassembler.h"

#include <map>

#include "decoder/code_printer.h"
#include "decoder/instr_reader.h"
#include "decoder/module_decoder.h"
#include "decoder/name_section.h"
#include "decoder/text_writer.h"

namespace mini_wasm::decoder {
namespace {

std::string number(uint64_t n) { return std::to_string(n); }

// One line for each section, up to the first malformed one. Returns the content of the type section.
ByteRange list_sections(std::span<const uint8_t> bytes, TextWriter& out) {
  ByteRange types;
  out.line(0, ";; " + number(bytes.size()) + " bytes");
  Reader r(bytes);
  read_header(r);
  while (r.ok() && !r.at_end()) {
    const Section section = read_section(r);
    if (!r.ok()) break;
    if (section.id == SectionId::type) types = section.content;
    std::string text = std::string(";; section ") + to_string(section.id) + ": " + number(section.content.size()) +
                       " bytes at 0x" + hex_number(section.content.begin);
    Reader content(bytes, section.content);
    if (section.id == SectionId::custom)
      text += ", " + quoted_briefly(content.name());
    else if (section.id != SectionId::start)
      text += ", " + number(content.u32()) + " entries";
    out.line_at(section.offset, 0, text);
  }
  return types;
}

class Disassembler {
 public:
  Disassembler(const Module& module, FeatureSet features, TextWriter& out)
      : m_(module), out_(out), code_(module, features, out) {}

  void run(ByteRange type_section) {
    out_.line(0, "(module" + CodePrinter::name_annotation(m_.names().module));
    types(type_section);
    for (const Import& import : m_.imports) this->import(import);
    for (size_t i = m_.imported_tables; i < m_.tables.size(); ++i) table(i);
    for (size_t i = m_.imported_memories; i < m_.memories.size(); ++i) {
      out_.line_at(m_.memories[i].offset, 1,
                   "(memory" + item(NameSubsection::memory, i) + memory_type(m_.memories[i].type) + ")");
    }
    for (size_t i = m_.imported_tags; i < m_.tags.size(); ++i) {
      out_.line_at(m_.tags[i].offset, 1, "(tag" + item(NameSubsection::tag, i) + code_.type_use(m_.tags[i].type) + ")");
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
  // " (;3;) (@name "x")": the index of a definition, and its name.
  std::string item(NameSubsection space, size_t index) {
    const auto [table, is_new] = names_.try_emplace(space);
    if (is_new) table->second = read_names(m_, space);
    return out_.note(number(index)) + CodePrinter::name_annotation(table->second.find(0, static_cast<uint32_t>(index)));
  }

  // --- Types, with their groups. Read from the bytes, because canonical types do not know their indices in the module
  void types(ByteRange section) {
    constexpr uint8_t kRec = 0x4e;
    Reader r(m_.bytes, section);
    const uint32_t groups = section.size() == 0 ? 0 : r.u32();
    for (uint32_t group = 0, i = 0; group < groups && r.ok(); ++group) {
      if (r.peek() != kRec) {
        type(r, i++, 1);
        continue;
      }
      const uint32_t at = r.offset();
      r.u8();
      const uint32_t size = r.u32();
      if (size == 1) {  // the same as a type without a group
        type(r, i++, 1);
        continue;
      }
      out_.line_at(at, 1, "(rec");
      for (uint32_t member = 0; member < size && r.ok(); ++member) type(r, i++, 2);
      out_.line(1, ")");
    }
  }
  void type(Reader& r, uint32_t index, uint32_t indent) {
    const uint32_t at = r.offset();
    const std::string name = item(NameSubsection::type, index);
    out_.line_at(at, indent, "(type" + name + " " + code_.definition(r, index) + ")");
  }
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
  // The type of a function, with the names of its parameters.
  std::string func_type(uint32_t index) const {
    const TypeIdx type = m_.funcs[index].type;
    const std::string named = code_.signature(type, index);
    return named.empty() ? code_.type_use(type) : " (type " + number(raw(type)) + ")" + named;
  }

  // --- Definitions
  void import(const Import& import) {
    const uint32_t i = import.index;
    std::string item;
    switch (import.kind) {
      case ExternKind::func: item = this->item(NameSubsection::function, i) + func_type(i); break;
      case ExternKind::table: item = this->item(NameSubsection::table, i) + table_type(m_.tables[i].type); break;
      case ExternKind::memory: item = this->item(NameSubsection::memory, i) + memory_type(m_.memories[i].type); break;
      case ExternKind::global: item = this->item(NameSubsection::global, i) + global_type(m_.globals[i].type); break;
      case ExternKind::tag: item = this->item(NameSubsection::tag, i) + code_.type_use(m_.tags[i].type); break;
    }
    out_.line_at(
        import.offset, 1,
        "(import " + quoted(import.module) + " " + quoted(import.name) + " (" + to_string(import.kind) + item + "))");
  }
  void table(size_t index) {
    const Table& table = m_.tables[index];
    const std::string init = table.init.size() ? " " + code_.expr(table.init) : "";
    out_.line_at(table.offset, 1, "(table" + item(NameSubsection::table, index) + table_type(table.type) + init + ")");
  }
  void global(size_t index) {
    const Global& global = m_.globals[index];
    out_.line_at(global.offset, 1,
                 "(global" + item(NameSubsection::global, index) + global_type(global.type) + " " +
                     code_.expr(global.init) + ")");
  }

  void elem(size_t index) {
    const Elem& elem = m_.elems[index];
    std::string text = "(elem" + item(NameSubsection::elem, index);
    if (elem.mode == SegmentMode::declarative) text += " declare";
    if (elem.mode == SegmentMode::active) {
      if (raw(elem.table) != 0) text += " (table " + number(raw(elem.table)) + ")";
      text += " (offset " + code_.instructions(elem.table_offset) + ")";
    }
    text += elem.uses_exprs ? " " + code_.type(elem.type) : " func";
    out_.line_at(elem.offset, 1, text + "  ;; " + number(elem.size()) + " elements");
    for (uint32_t i = 0; i < elem.size(); ++i) {
      const std::string item =
          elem.uses_exprs ? "(item " + code_.instructions(elem.exprs[i]) + ")" : code_.func(raw(elem.funcs[i]));
      out_.line(2, item + "  ;; " + number(i));
    }
    out_.line(1, ")");
  }

  void func(uint32_t index) {
    const Func& func = m_.funcs[index];
    out_.line_at(func.body.begin, 1,
                 "(func" + item(NameSubsection::function, index) + func_type(index) + "  ;; " +
                     number(func.body.size()) + " bytes" + exported_as(index));
    code_.body(index);
    out_.line(1, ")");
  }
  // The name of an export of a function that has no name of its own.
  std::string exported_as(uint32_t index) const {
    const std::string_view name = m_.func_name(FuncIdx{index});
    return name.empty() ? std::string() : ", " + quoted_briefly(name);
  }

  // Strings of kRow bytes each.
  void data(size_t index) {
    constexpr uint32_t kRow = 32;
    const Data& data = m_.datas[index];
    std::string text = "(data" + item(NameSubsection::data, index);
    if (data.mode == SegmentMode::active) {
      if (raw(data.memory) != 0) text += " (memory " + number(raw(data.memory)) + ")";
      text += " (offset " + code_.instructions(data.memory_offset) + ")";
    }
    out_.line_at(data.offset, 1, text + "  ;; " + number(data.bytes.size()) + " bytes");
    for (uint32_t at = data.bytes.begin; at < data.bytes.end; at += std::min(kRow, data.bytes.end - at)) {
      out_.line_at(at, 2, bytes_text({at, at + std::min(kRow, data.bytes.end - at)}));
    }
    out_.line(1, ")");
  }
  std::string bytes_text(ByteRange range) const {
    std::string text = "\"";
    for (const uint8_t byte : m_.view(range)) {
      const bool plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
      if (plain) {
        text += static_cast<char>(byte);
      } else {
        text += "\\" + hex_number(byte, 2);
      }
    }
    return text + '"';
  }

  const Module& m_;
  TextWriter& out_;
  CodePrinter code_;
  std::map<NameSubsection, NameTable> names_;
};

}  // namespace

Result<void> disassemble(std::span<const uint8_t> bytes, FeatureSet features, const TextSink& sink) {
  TextWriter out(sink);
  const ByteRange types = list_sections(bytes, out);
  TypeRegistry registry;
  Result<std::unique_ptr<Module>> module = decode_module(bytes, registry, features);
  if (!module) return std::move(module).error();
  Disassembler(**module, features, out).run(types);
  return {};
}

}  // namespace mini_wasm::decoder
