#include "jit/listing.h"

#include <cstdlib>
#include <map>

#include "core/opcode.h"
#include "decoder/code_printer.h"
#include "jit/backend.h"
#include "jit/codeless_tier.h"
#include "jit/runtime_calls.h"
#include "runtime/compiled_module.h"

namespace mini_wasm::jit {
namespace {

uint64_t address_of(RuntimeCall call) { return reinterpret_cast<uint64_t>(call); }

void name_runtime_calls(AddressNames& names) {
  // bulk_call is defined for its own opcodes only, and returns the call of elem.drop for all others.
  const RuntimeCall no_bulk = bulk_call(Op::elem_drop);
  for (size_t i = 0; i < kOpCount; ++i) {
    const Op op = static_cast<Op>(i);
    const RuntimeCall bulk = bulk_call(op);
    for (RuntimeCall call : {semantic_call(op), gc_call(op), bulk == no_bulk && op != Op::elem_drop ? nullptr : bulk}) {
      if (call != nullptr) names.emplace(address_of(call), op_info(op).text);
    }
  }
  names.emplace(address_of(&call_throw), "throw");
  names.emplace(address_of(&call_throw_ref), "throw_ref");
}

void name_module(const runtime::CompiledModule& compiled, AddressNames& names) {
  const decoder::Module& module = compiled.module();
  for (size_t i = 0; i < module.types.size(); ++i) {
    if (module.registry->get(module.types[i]).kind == CompositeKind::func) continue;
    names.emplace(reinterpret_cast<uint64_t>(&compiled.engine().layouts().get(module.types[i])),
                  "layout of type " + std::to_string(i));
  }
}

// The instructions of a body as text, by their offset in the module. Blocks are indented. `title`: a line for the
// function.
std::map<uint32_t, std::string> instructions(const runtime::CompiledModule& compiled, FuncIdx index,
                                             std::string& title) {
  constexpr size_t kGutter = 10;  // characters in which decoder::TextWriter prints the offset
  std::string text;
  const decoder::TextSink sink = [&](std::string_view piece) { text += piece; };
  {
    decoder::TextWriter writer(sink, decoder::TextStyle::listing);
    decoder::CodePrinter printer(compiled.module(), compiled.engine().features(), writer);
    printer.body(raw(index));
    title = "func " + printer.func(raw(index)) + printer.signature(compiled.module().funcs[raw(index)].type);
  }
  std::map<uint32_t, std::string> lines;
  for (size_t at = 0, end; at < text.size(); at = end + 1) {
    end = text.find('\n', at);
    if (text[at] == ' ') continue;  // a line without offset: declarations of locals
    lines[static_cast<uint32_t>(std::strtoul(text.c_str() + at, nullptr, 16))] =
        text.substr(at + kGutter, end - at - kGutter);
  }
  return lines;
}

std::string padded(std::string text, size_t width) {
  return std::string(text.size() < width ? width - text.size() : 0, ' ') + text;
}

}  // namespace

Engine listing_engine(const Config& config, const Backend& backend) {
  return codeless_engine(config, backend.pins(), CodelessKind::jit);
}

Result<std::string> list_code(const Backend& backend, const runtime::CompiledModule& module, FuncIdx index,
                              const CodeSettings& settings) {
  AddressNames names;
  name_runtime_calls(names);
  name_module(module, names);
  std::vector<CodeLine> code;
  if (Result<void> r = lister(backend).list(module, index, settings, names, code); !r) return std::move(r).error();
  std::string title;
  const std::map<uint32_t, std::string> text = instructions(module, index, title);
  std::string out = title + "\n";
  // Instructions for which no code was emitted are printed before the next one that has code.
  auto next = text.begin();
  for (const CodeLine& line : code) {
    for (; next != text.end() && next->first <= line.offset; ++next) {
      out += decoder::hex_number(next->first, 8) + "  " + next->second + "\n";
    }
    const bool is_label = line.text.ends_with(':');
    out += is_label ? std::string(16, ' ') + line.text + "\n"
                    : padded(decoder::hex_number(line.native), 16) + "    " + line.text + "\n";
  }
  return out;
}

}  // namespace mini_wasm::jit
