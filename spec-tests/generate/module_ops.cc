#include "spec-tests/generate/module_ops.h"

#include "decoder/instr_reader.h"
#include "decoder/module_decoder.h"

namespace mini_wasm::generate {

bool for_each_op(std::span<const uint8_t> bytes, const std::function<void(Op op, uint32_t offset)>& see) {
  TypeRegistry registry;
  const FeatureSet features = FeatureSet::all();
  const auto decoded = decoder::decode_module(bytes, registry, features);
  if (!decoded) return false;
  const decoder::Module& module = **decoded;
  const decoder::TypeScope scope(module, features);
  decoder::Immediates immediates;
  for (const decoder::Func& func : module.funcs) {
    if (func.body.size() == 0) continue;
    decoder::Reader r(bytes, func.body);
    for (uint32_t groups = r.u32(); groups != 0 && r.ok(); --groups) {
      r.u32();
      decoder::read_val_type(r, scope);
    }
    while (r.ok() && !r.at_end()) {
      const uint32_t offset = r.offset();
      const Op op = decoder::read_op(r, features);
      if (!r.ok()) return false;
      decoder::read_immediates(r, scope, op_info(op).imm, immediates);
      see(op, offset);
    }
    if (!r.ok()) return false;
  }
  return true;
}

}  // namespace mini_wasm::generate
