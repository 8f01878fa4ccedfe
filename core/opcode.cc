// Look-up of opcodes by name, in a hash table that is built at compile time.
#include "core/opcode.h"

namespace mini_wasm {
namespace {

constexpr size_t kBuckets = 2048;  // power of two, load factor below 1/3
static_assert(kOpCount * 3 < kBuckets);

constexpr size_t bucket_of(std::string_view text) {
  uint32_t hash = 2166136261u;  // FNV-1a
  for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
  return (hash ^ (hash >> 15)) % kBuckets;
}

// Open addressing with linear probing; Op::invalid marks an empty bucket.
constexpr std::array<Op, kBuckets> make_text_map() {
  std::array<Op, kBuckets> map{};
  for (Op& op : map) op = Op::invalid;
  for (size_t i = 0; i < kOpCount; ++i) {
    size_t bucket = bucket_of(kOpInfo[i].text);
    while (map[bucket] != Op::invalid && op_info(map[bucket]).text != kOpInfo[i].text) {
      bucket = (bucket + 1) % kBuckets;
    }
    if (map[bucket] == Op::invalid) map[bucket] = static_cast<Op>(i);
  }
  return map;
}

constexpr std::array<Op, kBuckets> kTextMap = make_text_map();

}  // namespace

std::optional<Op> op_from_text(std::string_view text) {
  for (size_t bucket = bucket_of(text); kTextMap[bucket] != Op::invalid; bucket = (bucket + 1) % kBuckets) {
    if (op_info(kTextMap[bucket]).text == text) return kTextMap[bucket];
  }
  return std::nullopt;
}

std::optional<Feature> feature_from_text(std::string_view text) {
  for (size_t i = 0; i < kFeatureCount; ++i) {
    const std::string_view name = kFeatureInfo[i].text;
    if (name.size() != text.size()) continue;
    size_t same = 0;
    while (same < name.size() && (name[same] == text[same] || (name[same] == '-' && text[same] == '_'))) ++same;
    if (same == name.size()) return static_cast<Feature>(i);
  }
  return std::nullopt;
}

}  // namespace mini_wasm
