// Text forms of types, values, traps and errors; storage for errors.
#include <mini_wasm/result.h>
#include <mini_wasm/trap.h>
#include <mini_wasm/types.h>
#include <mini_wasm/value.h>

#include <atomic>
#include <charconv>
#include <cmath>

#include "core/guarded.h"
#include "core/process_value.h"

namespace mini_wasm {
namespace {

std::string hex(uint64_t value, size_t width = 1) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value, 16).ptr;
  const size_t count = static_cast<size_t>(end - digits);
  return std::string(count < width ? width - count : 0, '0').append(digits, count);
}

// The name of an abstract heap type, and of a nullable reference to it (spec 6.4.4 "abbreviations").
struct HeapNames {
  const char* heap;
  const char* nullable_ref;
};

constexpr HeapNames kHeapNames[] = {
    {"func", "funcref"},   {"nofunc", "nullfuncref"}, {"extern", "externref"}, {"noextern", "nullexternref"},
    {"any", "anyref"},     {"eq", "eqref"},           {"i31", "i31ref"},       {"struct", "structref"},
    {"array", "arrayref"}, {"none", "nullref"},       {"exn", "exnref"},       {"noexn", "nullexnref"},
};

std::string ref_to_string(ValType type) {
  const char* prefix = type.nullable() ? "(ref null " : "(ref ";
  if (type.concrete()) return prefix + std::to_string(static_cast<uint32_t>(type.type_id())) + ")";
  const HeapNames& names = kHeapNames[static_cast<size_t>(type.heap())];
  if (type.nullable()) return names.nullable_ref;
  return std::string(prefix) + names.heap + ")";
}

std::string list_to_string(const std::vector<ValType>& types) {
  std::string text = "[";
  for (const ValType type : types) {
    if (text.size() > 1) text += ' ';
    text += to_string(type);
  }
  return text + "]";
}

// The shortest text that is read as the same number. For a NaN, the text includes its payload.
template <class Float>
std::string float_to_string(Float value, uint64_t bits, uint64_t mantissa_mask) {
  if (std::isnan(value)) return std::string(std::signbit(value) ? "-" : "") + "nan:0x" + hex(bits & mantissa_mask);
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
  return std::string(buffer, end);
}

const char* kind_text(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::malformed: return "malformed module";
    case ErrorKind::invalid: return "invalid module";
    case ErrorKind::unlinkable: return "link error";
    case ErrorKind::trap: return "trap";
    case ErrorKind::exception: return "exception";
    case ErrorKind::exit: return "exit";
    case ErrorKind::host: return "host error";
    case ErrorKind::io: return "input/output error";
    case ErrorKind::usage: return "usage error";
    case ErrorKind::waiting: return "waiting";
    case ErrorKind::limit: return "limit exceeded";
  }
  return "error";
}

}  // namespace

std::string to_string(ValType type) {
  switch (type.kind()) {
    case ValType::Kind::bottom: return "bot";
    case ValType::Kind::i32: return "i32";
    case ValType::Kind::i64: return "i64";
    case ValType::Kind::f32: return "f32";
    case ValType::Kind::f64: return "f64";
    case ValType::Kind::v128: return "v128";
    case ValType::Kind::ref: return ref_to_string(type);
  }
  return "?";
}

std::string to_string(const FuncType& type) {
  return list_to_string(type.params) + " -> " + list_to_string(type.results);
}

const char* to_string(ExternKind kind) {
  switch (kind) {
    case ExternKind::func: return "func";
    case ExternKind::table: return "table";
    case ExternKind::memory: return "memory";
    case ExternKind::global: return "global";
    case ExternKind::tag: return "tag";
  }
  return "?";
}

std::string to_string(const Val& value) {
  const std::string prefix = to_string(value.type()) + ":";
  switch (value.type().kind()) {
    case ValType::Kind::bottom: return "none";
    case ValType::Kind::i32: return prefix + std::to_string(value.i32());
    case ValType::Kind::i64: return prefix + std::to_string(value.i64());
    case ValType::Kind::f32: return prefix + float_to_string(value.f32(), value.bits(), 0x7f'ffff);
    case ValType::Kind::f64: return prefix + float_to_string(value.f64(), value.bits(), 0xf'ffff'ffff'ffff);
    case ValType::Kind::v128: return prefix + "0x" + hex(value.bits(1), 16) + hex(value.bits(0), 16);
    case ValType::Kind::ref:
      if (value.is_i31()) return prefix + std::to_string(value.i31_get_s());
      return prefix + (value.is_null() ? "null" : "0x" + hex(value.bits()));
  }
  return prefix;
}

const char* to_string(TrapCode code) {
  switch (code) {
    case TrapCode::none: return "no trap";
#define TRAP(id, message) \
  case TrapCode::id: return message;
#include <mini_wasm/traps.def>
#undef TRAP
  }
  return "unknown trap";
}

std::string to_string(const std::vector<FrameInfo>& backtrace) {
  std::string text;
  for (size_t i = 0; i < backtrace.size(); ++i) {
    const FrameInfo& frame = backtrace[i];
    const std::string number = std::to_string(i);
    text += std::string(number.size() < 3 ? 3 - number.size() : 0, ' ') + number + ": ";
    if (!frame.module_name.empty()) text += frame.module_name + "!";
    if (!frame.function_name.empty()) text += frame.function_name + " ";
    text += "(func[" + std::to_string(frame.function_index) + "])";
    text += frame.host ? " in the host" : " at 0x" + hex(frame.offset);
    text += '\n';
  }
  return text;
}

namespace {

std::string text_of(const Error& error) {
  if (error.kind == ErrorKind::exit) return "exit with code " + std::to_string(error.exit_code);
  std::string text = kind_text(error.kind);
  if (error.offset != Error::kNoOffset) text += " at offset 0x" + hex(error.offset);
  return text + ": " + error.message;
}

}  // namespace

namespace detail {
namespace {

// Places for errors that must be stored when there is no memory. More than these are needed only if somebody collects
// errors.
constexpr size_t kSpares = 64;
struct Spare {
  std::atomic<bool> used{false};
  alignas(Error) unsigned char place[sizeof(Error)];
};
Spare spares[kSpares];

// Used when all places are taken; shared by all further errors.
const Immortal<Error> last_spare(out_of_memory());

}  // namespace

Error* keep_error(Error&& error) noexcept {
  if (void* place = ::operator new(sizeof(Error), std::nothrow)) return new (place) Error(std::move(error));
  for (Spare& spare : spares) {
    if (!spare.used.exchange(true)) return new (spare.place) Error(std::move(error));
  }
  return &*last_spare;
}

void drop_error(Error* error) noexcept {
  if (error == &*last_spare) return;
  error->~Error();
  const auto offset = reinterpret_cast<uintptr_t>(error) - reinterpret_cast<uintptr_t>(spares);
  if (offset >= sizeof spares) return ::operator delete(error);
  spares[offset / sizeof(Spare)].used = false;
}

}  // namespace detail

std::string Error::to_string() const {
  return guarded([&] { return text_of(*this); }, [] { return std::string("out of memory"); });
}

}  // namespace mini_wasm
