// The rules of the atomic instructions (threads proposal, "Validation"). Part of function_decoder.h.
#pragma once

#include "validator/function_decoder_class.h"

namespace mini_wasm::validator {

template <class Sink>
void FunctionDecoder<Sink>::atomic_rule(Op op) {
  if (op == Op::atomic_fence) {
    if (decoder::read_zero_byte(reader_); live_ && reader_.ok()) sink_.atomic_fence();
    return;
  }
  const OpInfo& info = op_info(op);
  const Access access = any_memory_access(op);
  if (!access.ok) return;
  if (access.memarg.align_log2 != info.access_log2)
    return fail([&] { return "atomic alignment must be natural: " + std::string(info.text); });
  for (uint32_t i = info.param_count; i-- > 1;) pop(val_type(info.params[i]));
  pop(access.address);
  if (info.result_count != 0) push(val_type(info.results[0]));
  if (live_ && reader_.ok()) sink_.atomic(op, access.memarg);
}

}  // namespace mini_wasm::validator
