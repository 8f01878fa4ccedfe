// The rules of the vector instructions with lane indices (spec 3.4.11). Part of function_decoder.h.
#pragma once

#include "validator/function_decoder_class.h"

namespace mini_wasm::validator {

// The number of lanes that the index selects from: by the width of the access, or N of the shape "i8xN".
constexpr uint32_t lane_count(const OpInfo& info) {
  if (info.imm == Imm::memarg_lane) return 16u >> info.access_log2;
  size_t pos = info.text.find('x') + 1;
  return mini_wasm::detail::read_number(info.text, pos);
}

template <class Sink>
void FunctionDecoder<Sink>::simd_lane_rule(Op op) {
  const OpInfo& info = op_info(op);
  const uint8_t* lanes = info.imm == Imm::shuffle ? decoder::read_16_bytes(reader_) : nullptr;
  const uint8_t lane = info.imm == Imm::lane ? decoder::read_lane(reader_) : uint8_t{0};
  if (!reader_.ok()) return;
  if (info.imm == Imm::lane && !check_lane(lane, lane_count(info))) return;
  for (uint32_t i = 0; lanes != nullptr && i < 16; ++i) {
    if (!check_lane(lanes[i], 32)) return;
  }
  for (uint32_t i = info.param_count; i-- > 0;) pop(val_type(info.params[i]));
  push(val_type(info.results[0]));
  if (!live_ || !reader_.ok()) return;
  lanes != nullptr ? sink_.shuffle(lanes) : sink_.simd_lane(op, lane);
}

template <class Sink>
void FunctionDecoder<Sink>::memory_lane_rule(Op op) {
  const OpInfo& info = op_info(op);
  const Access access = any_memory_access(op);
  if (!access.ok) return;
  const uint8_t lane = decoder::read_lane(reader_);
  if (!reader_.ok() || !check_lane(lane, lane_count(info))) return;
  pop(ValType::v128);
  pop(access.address);
  const bool loads = info.cls == OpClass::load_lane;
  if (loads) push(ValType::v128);
  if (!live_ || !reader_.ok()) return;
  loads ? sink_.load_lane(op, access.memarg, lane) : sink_.store_lane(op, access.memarg, lane);
}

}  // namespace mini_wasm::validator
