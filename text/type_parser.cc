#include "text/type_parser.h"

#include <bit>
#include <string>

#include "text/types.h"

namespace mini_wasm::text {
namespace {

constexpr uint8_t kFunc = 0x60, kStruct = 0x5f, kArray = 0x5e, kSub = 0x50, kSubFinal = 0x4f, kRec = 0x4e;
constexpr uint8_t kPackedI8 = 0x78, kPackedI16 = 0x77, kEmptyBlock = 0x40;

}  // namespace

// 5.3.16. Bit 3, for the page size, is from the custom page sizes proposal.
void LimitsText::write(Bytes& out) const {
  constexpr uint8_t kHasMax = 1, kShared = 2, k64 = 4, kHasPageSize = 8;
  out.push_back(static_cast<uint8_t>((max ? kHasMax : 0) | (shared ? kShared : 0) | (is_64 ? k64 : 0) |
                                     (page_size_log2 ? kHasPageSize : 0)));
  write_uleb(out, min);
  if (max) write_uleb(out, *max);
  if (page_size_log2) out.push_back(*page_size_log2);
}

// --- Indices

uint32_t TypeParser::index(Space space) {
  if (!in_.at(TokenKind::id)) return in_.expect_u32();
  const Token token = in_.take();
  const auto& ids = assembly_.space(space).ids;
  const auto found = ids.find(in_.id_name(token));
  if (found != ids.end()) return found->second;
  in_.fail(token, std::string("unknown ") + space_info(space).noun + " " + std::string(in_.text(token)));
  return 0;
}

// --- Types

void TypeParser::heap_type(Bytes& out) {
  if (in_.at_index()) return write_sleb(out, index(Space::type));
  const auto kind = heap_kind_from_text(in_.text(in_.peek()));
  if (!kind) return in_.fail_unexpected();
  in_.take();
  out.push_back(heap_code(*kind));
}

bool TypeParser::at_ref_type() const {
  return in_.at_open("ref") || (in_.at(TokenKind::keyword) && ref_type_from_text(in_.text(in_.peek())));
}

// A nullable abstract type is always written in its short form, so that equal types have equal bytes.
bool TypeParser::ref_type(Bytes& out, bool heap_only) {
  if (!in_.at(TokenKind::open)) {
    const auto kind = ref_type_from_text(in_.text(in_.peek()));
    if (!kind) return in_.fail_unexpected(), false;
    in_.take();
    out.push_back(heap_code(*kind));
    return true;
  }
  in_.expect_open("ref");
  const bool nullable = in_.accept_keyword("null");
  const bool short_form = nullable && !in_.at_index();
  if (!heap_only && !short_form) out.push_back(nullable ? kRefNullCode : kRefCode);
  heap_type(out);
  in_.expect_close();
  return nullable;
}

void TypeParser::val_type(Bytes& out) {
  if (in_.at(TokenKind::keyword)) {
    if (const auto code = number_code_from_text(in_.text(in_.peek()))) {
      in_.take();
      return out.push_back(*code);
    }
  }
  ref_type(out);
}

void TypeParser::global_type(Bytes& out) {
  const bool is_mutable = in_.accept_open("mut");
  val_type(out);
  if (is_mutable) in_.expect_close();
  out.push_back(is_mutable ? 1 : 0);
}

bool TypeParser::address_type() {
  if (in_.accept_keyword("i64")) return true;
  in_.accept_keyword("i32");
  return false;
}

LimitsText TypeParser::limits(bool is_64) {
  LimitsText limits;
  limits.is_64 = is_64;
  limits.min = in_.expect_u64();
  if (in_.at(TokenKind::nat)) limits.max = in_.expect_u64();
  return limits;
}

LimitsText TypeParser::memory_type() {
  const bool is_64 = address_type();
  LimitsText type = limits(is_64);
  type.shared = in_.accept_keyword("shared");
  type.page_size_log2 = page_size();
  return type;
}

// (pagesize n) from the custom page sizes proposal.
std::optional<uint8_t> TypeParser::page_size() {
  if (!in_.accept_open("pagesize")) return std::nullopt;
  const Token token = in_.peek();
  const uint64_t size = in_.expect_u64();
  if (!std::has_single_bit(size)) in_.fail(token, "invalid custom page size");
  in_.expect_close();
  return static_cast<uint8_t>(std::countr_zero(size));
}

// --- Function types

Signature TypeParser::signature(Binders* names) {
  Signature result;
  while (in_.accept_open("param")) {
    if (const Binder binder = names != nullptr ? accept_binder(in_, result.param_count) : Binder()) {
      names->push_back(binder);
      ++result.param_count;
      val_type(result.params);
    } else {
      for (; !in_.at(TokenKind::close) && in_.ok(); ++result.param_count) val_type(result.params);
    }
    in_.expect_close();
  }
  while (in_.accept_open("result")) {
    for (; !in_.at(TokenKind::close) && in_.ok(); ++result.result_count) val_type(result.results);
    in_.expect_close();
  }
  // Checked before the signature is compared with another one, because it would be incomplete.
  if (in_.at_open("param") || in_.at_open("type")) in_.fail_unexpected();
  return result;
}

std::optional<uint32_t> TypeParser::explicit_type() {
  if (!in_.accept_open("type")) return std::nullopt;
  const uint32_t type = index(Space::type);
  in_.expect_close();
  return type;
}

uint32_t TypeParser::type_use(Binders* names) {
  const Token at = in_.peek();
  const std::optional<uint32_t> type = explicit_type();
  return resolve_type_use(type, signature(names), at);
}

uint32_t TypeParser::resolve_type_use(std::optional<uint32_t> type, const Signature& signature, const Token& at) {
  if (!type) return implicit_type(signature);
  // Without a repeated signature, the text is well-formed even if the index does not exist.
  if (signature.empty()) return *type;
  if (*type >= assembly_.types.size()) return in_.fail(at, "unknown type " + std::to_string(*type)), 0;
  const TypeInfo& info = assembly_.types[*type];
  if (info.kind != TypeInfo::Kind::func) return in_.fail(at, "non-function type " + std::to_string(*type)), 0;
  if (info.signature != signature.encode()) in_.fail(at, "inline function type does not match the type that it names");
  return *type;
}

uint32_t TypeParser::implicit_type(const Signature& signature) {
  const std::string encoded = signature.encode();
  const auto [found, is_new] =
      assembly_.plain_func_types.emplace(encoded, static_cast<uint32_t>(assembly_.types.size()));
  if (!is_new) return found->second;
  Bytes& out = assembly_.section(SectionKind::type).add();
  out.push_back(kFunc);
  out.insert(out.end(), encoded.begin(), encoded.end());
  TypeInfo info;
  info.signature = encoded;
  info.param_count = signature.param_count;
  assembly_.types.push_back(std::move(info));
  return found->second;
}

void TypeParser::block_type(Bytes& out) {
  const Token at = in_.peek();
  const std::optional<uint32_t> type = explicit_type();
  const Signature inline_type = signature(nullptr);
  if (type || inline_type.param_count != 0 || inline_type.result_count > 1) {
    return write_sleb(out, resolve_type_use(type, inline_type, at));
  }
  if (inline_type.result_count == 0) return out.push_back(kEmptyBlock);
  write_bytes(out, inline_type.results);
}

// --- Type definitions

void TypeParser::storage_type(Bytes& out) {
  if (in_.accept_keyword("i8")) return out.push_back(kPackedI8);
  if (in_.accept_keyword("i16")) return out.push_back(kPackedI16);
  val_type(out);
}

void TypeParser::field_type(Bytes& out) {
  const bool is_mutable = in_.accept_open("mut");
  storage_type(out);
  if (is_mutable) in_.expect_close();
  out.push_back(is_mutable ? 1 : 0);
}

void TypeParser::struct_fields(Bytes& out, TypeInfo& info) {
  Bytes fields;
  uint32_t count = 0;
  while (in_.accept_open("field")) {
    if (const Binder binder = accept_binder(in_, count)) {
      if (binder.id && !info.fields.emplace(in_.id_name(*binder.id), count).second) {
        in_.fail(*binder.id, "duplicate field " + std::string(in_.text(*binder.id)));
      }
      if (const auto name = name_of(in_, binder); !name.empty()) info.field_names.emplace_back(count, name);
      ++count;
      field_type(fields);
    } else {
      for (; !in_.at(TokenKind::close) && in_.ok(); ++count) field_type(fields);
    }
    in_.expect_close();
  }
  write_uleb(out, count);
  write_bytes(out, fields);
}

void TypeParser::composite_type(Bytes& out, TypeInfo& info) {
  if (in_.accept_open("func")) {
    Binders names;  // parsed and ignored: a type has no names of parameters
    const Signature type = signature(&names);
    info.signature = type.encode();
    info.param_count = type.param_count;
    out.push_back(kFunc);
    out.insert(out.end(), info.signature.begin(), info.signature.end());
  } else if (in_.accept_open("struct")) {
    info.kind = TypeInfo::Kind::struct_;
    out.push_back(kStruct);
    struct_fields(out, info);
  } else {
    in_.expect_open("array");
    info.kind = TypeInfo::Kind::array;
    out.push_back(kArray);
    field_type(out);
  }
  in_.expect_close();
}

bool TypeParser::sub_type(Bytes& out, TypeInfo& info) {
  if (!in_.accept_open("sub")) return composite_type(out, info), true;
  const bool is_final = in_.accept_keyword("final");
  Bytes supers;
  uint32_t count = 0;
  for (; in_.at_index(); ++count) write_uleb(supers, index(Space::type));
  const bool plain = is_final && count == 0;
  if (!plain) {
    out.push_back(is_final ? kSubFinal : kSub);
    write_uleb(out, count);
    write_bytes(out, supers);
  }
  composite_type(out, info);
  in_.expect_close();
  return plain;
}

void TypeParser::type_definition(bool in_group) {
  in_.accept_id();
  TypeInfo info;
  Section& section = assembly_.section(SectionKind::type);
  if (!in_group) ++section.count;
  const bool plain = sub_type(section.bytes, info);
  in_.expect_close();
  const auto index = static_cast<uint32_t>(assembly_.types.size());
  if (plain && !in_group && info.kind == TypeInfo::Kind::func)
    assembly_.plain_func_types.emplace(info.signature, index);
  assembly_.types.push_back(std::move(info));
}

// A group of one type is written like a type without a group, because the two are equal.
void TypeParser::rec_group() {
  Section& section = assembly_.section(SectionKind::type);
  const uint32_t position = in_.position();
  uint32_t count = 0;
  for (; in_.accept_open("type"); ++count) {
    in_.skip_to_close();
    in_.expect_close();
  }
  if (!in_.at(TokenKind::close)) return in_.fail_unexpected();
  in_.rewind(position);
  if (count != 1) {
    ++section.count;
    section.bytes.push_back(kRec);
    write_uleb(section.bytes, count);
  }
  while (in_.accept_open("type")) type_definition(/*in_group=*/count != 1);
  in_.expect_close();
}

}  // namespace mini_wasm::text
