// The second pass: writes definitions, imports and exports (6.6.3 to 6.6.12, without segments).
#include <utility>

#include "text/module_parser.h"

namespace mini_wasm::text {
namespace {

// The code of an external kind in imports and exports (5.5.5, 5.5.10).
uint8_t extern_code(Space space) {
  switch (space) {
    case Space::func: return 0;
    case Space::table: return 1;
    case Space::memory: return 2;
    case Space::global: return 3;
    default: return 4;
  }
}

constexpr Space kExternSpaces[] = {Space::func, Space::table, Space::memory, Space::global, Space::tag};

constexpr uint8_t kTagAttribute = 0;

}  // namespace

void ModuleParser::define(const Field& field) {
  const std::string_view keyword = field.keyword;
  if (keyword == "rec") return types_.rec_group();  // it ends with the field
  if (keyword == "type") return types_.type_definition(/*in_group=*/false);
  if (keyword == "func") define_func(field);
  if (keyword == "table") define_table(field);
  if (keyword == "memory") define_memory(field);
  if (keyword == "global") define_global(field);
  if (keyword == "tag") define_tag(field);
  if (keyword == "import") define_import(field);
  if (keyword == "export") define_export();
  if (keyword == "start") define_start();
  if (keyword == "elem") define_elem();
  if (keyword == "data") define_data();
  in_.expect_close();
}

// --- Imports and exports

ModuleParser::ImportNames ModuleParser::import_names() {
  std::string module = in_.expect_name();
  return {std::move(module), in_.expect_name()};
}

void ModuleParser::import_entry(const ImportNames& names, Space space, const Bytes& type) {
  Bytes& out = assembly_.section(SectionKind::import).add();
  write_name(out, names.module);
  write_name(out, names.name);
  out.push_back(extern_code(space));
  write_bytes(out, type);
}

std::optional<ModuleParser::ImportNames> ModuleParser::inline_names(Space space, uint32_t index) {
  in_.accept_id();
  while (in_.accept_open("export")) {
    Bytes& out = assembly_.section(SectionKind::export_).add();
    write_name(out, in_.expect_name());
    out.push_back(extern_code(space));
    write_uleb(out, index);
    in_.expect_close();
  }
  if (!in_.accept_open("import")) return std::nullopt;
  ImportNames names = import_names();
  in_.expect_close();
  return names;
}

void ModuleParser::define_import(const Field& field) {
  const ImportNames names = import_names();
  in_.take();
  const std::string_view keyword = in_.text(in_.take());
  in_.accept_id();
  for (const Space space : kExternSpaces) {
    if (space_info(space).keyword != keyword) continue;
    Bytes type;
    Binders params;
    switch (space) {
      case Space::func: write_uleb(type, types_.type_use(&params)); break;
      case Space::table: table_type(type); break;
      case Space::memory: types_.memory_type().write(type); break;
      case Space::global: types_.global_type(type); break;
      default: type.push_back(kTagAttribute); write_uleb(type, types_.type_use(&params));
    }
    import_entry(names, space, type);
    if (space == Space::func) name_params(field, params);
  }
  in_.expect_close();
}

void ModuleParser::define_export() {
  const std::string name = in_.expect_name();
  if (!in_.at(TokenKind::open)) return in_.fail_unexpected();
  in_.take();
  for (const Space space : kExternSpaces) {
    if (!in_.accept_keyword(space_info(space).keyword)) continue;
    Bytes& out = assembly_.section(SectionKind::export_).add();
    write_name(out, name);
    out.push_back(extern_code(space));
    write_uleb(out, types_.index(space));
    return in_.expect_close();
  }
  in_.fail_unexpected();
}

void ModuleParser::define_start() {
  const Token token = in_.peek();
  if (assembly_.start) return in_.fail(token, "multiple start sections");
  assembly_.start = types_.index(Space::func);
}

// --- Functions

void ModuleParser::define_func(const Field& field) {
  const auto import = inline_names(Space::func, field.index);
  Binders params;
  const uint32_t type = types_.type_use(&params);
  if (!import) return func_body(field, type, params);
  name_params(field, params);
  Bytes bytes;
  write_uleb(bytes, type);
  import_entry(*import, Space::func, bytes);
}

// For a function without a body: records the names of its parameters.
void ModuleParser::name_params(const Field& field, const Binders& params) {
  NameMap names;
  for (const Binder& param : params) {
    if (const std::string_view name = name_of(in_, param); !name.empty()) names.emplace_back(param.index, name);
  }
  if (!names.empty()) assembly_.local_names.emplace_back(field.index, std::move(names));
}

uint32_t ModuleParser::param_count(uint32_t type, const Binders& params) const {
  if (type < assembly_.types.size()) return assembly_.types[type].param_count;
  return static_cast<uint32_t>(params.size());
}

void ModuleParser::func_body(const Field& field, uint32_t type, const Binders& params) {
  write_uleb(assembly_.section(SectionKind::func).add(), type);
  instrs_.begin_function();
  for (const Binder& param : params) instrs_.bind_local(param);
  Bytes body = local_declarations(param_count(type, params));
  instrs_.sequence(body);
  write_op(body, Op::end);
  Bytes& code = assembly_.section(SectionKind::code).add();
  write_uleb(code, body.size());
  write_bytes(code, body);
  if (NameMap names = instrs_.take_local_names(); !names.empty()) {
    assembly_.local_names.emplace_back(field.index, std::move(names));
  }
  if (NameMap names = instrs_.take_label_names(); !names.empty()) {
    assembly_.label_names.emplace_back(field.index, std::move(names));
  }
  if (auto hints = instrs_.take_hints(); !hints.empty()) assembly_.hints.push_back({field.index, std::move(hints)});
}

// (local ...)*, encoded as runs of equal types (5.5.13).
Bytes ModuleParser::local_declarations(uint32_t first_local) {
  std::vector<std::pair<uint32_t, Bytes>> runs;
  uint32_t index = first_local;
  const auto add = [&] {
    Bytes type;
    types_.val_type(type);
    ++index;
    if (!runs.empty() && runs.back().second == type) {
      ++runs.back().first;
    } else {
      runs.emplace_back(1, std::move(type));
    }
  };
  while (in_.accept_open("local")) {
    if (const Binder binder = accept_binder(in_, index)) {
      instrs_.bind_local(binder);
      add();
    } else {
      while (!in_.at(TokenKind::close) && in_.ok()) add();
    }
    in_.expect_close();
  }
  Bytes out;
  write_uleb(out, runs.size());
  for (const auto& [count, type] : runs) {
    write_uleb(out, count);
    write_bytes(out, type);
  }
  return out;
}

// --- Tables, memories, globals, tags

void ModuleParser::table_type(Bytes& out) {
  const LimitsText limits = types_.limits(types_.address_type());
  types_.ref_type(out);
  limits.write(out);
}

void ModuleParser::define_table(const Field& field) {
  const auto import = inline_names(Space::table, field.index);
  Bytes type;
  if (import) {
    table_type(type);
    return import_entry(*import, Space::table, type);
  }
  const bool is_64 = types_.address_type();
  if (types_.at_ref_type()) {
    types_.ref_type(type);
    return inline_elem(field, is_64, type);
  }
  const LimitsText limits = types_.limits(is_64);
  types_.ref_type(type);
  limits.write(type);
  Bytes& out = assembly_.section(SectionKind::table).add();
  if (in_.at(TokenKind::close)) return write_bytes(out, type);
  // 5.5.7: a table with an initialiser
  out.push_back(0x40);
  out.push_back(0x00);
  write_bytes(out, type);
  const_expr(out);
}

void ModuleParser::define_memory(const Field& field) {
  const auto import = inline_names(Space::memory, field.index);
  if (import) {
    Bytes type;
    types_.memory_type().write(type);
    return import_entry(*import, Space::memory, type);
  }
  const uint32_t position = in_.position();
  const bool is_64 = types_.address_type();
  const std::optional<uint8_t> page_size = types_.page_size();
  if (in_.at_open("data")) return inline_data(field, is_64, page_size);
  in_.rewind(position);
  types_.memory_type().write(assembly_.section(SectionKind::memory).add());
}

void ModuleParser::define_global(const Field& field) {
  const auto import = inline_names(Space::global, field.index);
  Bytes type;
  types_.global_type(type);
  if (import) return import_entry(*import, Space::global, type);
  Bytes& out = assembly_.section(SectionKind::global).add();
  write_bytes(out, type);
  const_expr(out);
}

void ModuleParser::define_tag(const Field& field) {
  const auto import = inline_names(Space::tag, field.index);
  Binders params;  // parsed and ignored: a tag has no names of parameters
  Bytes type = {kTagAttribute};
  write_uleb(type, types_.type_use(&params));
  if (import) return import_entry(*import, Space::tag, type);
  write_bytes(assembly_.section(SectionKind::tag).add(), type);
}

}  // namespace mini_wasm::text
