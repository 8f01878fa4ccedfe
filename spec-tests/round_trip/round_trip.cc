#include "spec-tests/round_trip/round_trip.h"

#include <algorithm>
#include <string_view>

#include "core/opcode.h"
#include "decoder/disassembler.h"
#include "text/assembler.h"

namespace mini_wasm::spec {
namespace {

std::string disassembled(std::span<const uint8_t> bytes) {
  std::string text;
  const Result<void> r = decoder::disassemble(bytes, FeatureSet::all(), [&](std::string_view piece) { text += piece; });
  return r ? text : "error: " + r.error().to_string();
}

// "(local i32 (ref 3))" with one line for each local, because the grouping of locals is only a matter of encoding.
std::string one_by_one(const std::string& line) {
  const size_t begin = line.find_first_not_of(' ');
  constexpr std::string_view kOpen = "(local ";
  if (line.compare(begin, kOpen.size(), kOpen) != 0 || line.find("(@name") != line.npos) return line + "\n";
  std::string lines(kOpen);
  int depth = 0;
  for (const char c : line.substr(begin + kOpen.size())) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    lines += c == ' ' && depth == 0 ? ")\n" + std::string(kOpen) : std::string(1, c);
  }
  return lines + "\n";
}

// Removes comments: offsets and sizes differ, and so do names that contain an offset.
std::string uncommented(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    bool in_string = false;
    std::string kept;
    for (size_t i = 0; i < line.size(); ++i) {
      if (!in_string && line.compare(i, 2, "(;") == 0) {
        i = line.find(";)", i) + 1;
        continue;
      }
      if (!in_string && line.compare(i, 2, ";;") == 0) break;
      if (in_string && line[i] == '\\') kept += line[i++];
      if (line[i] == '"') in_string = !in_string;
      kept += line[i];
    }
    kept.erase(kept.find_last_not_of(' ') + 1);
    if (kept.find_first_not_of(' ') != kept.npos) result += one_by_one(kept);
  }
  return result;
}

std::string first_difference(const std::string& a, const std::string& b) {
  const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  const auto line = [](const std::string& text, std::string::const_iterator at) {
    const auto offset = static_cast<size_t>(at - text.begin());
    const size_t newline = offset == 0 ? text.npos : text.rfind('\n', offset - 1);
    const size_t begin = newline == text.npos ? 0 : newline + 1;
    return text.substr(begin, text.find('\n', offset) - begin);
  };
  return "\"" + line(a, in_a) + "\" comes back as \"" + line(b, in_b) + "\"";
}

}  // namespace

std::string round_trip_difference(std::span<const uint8_t> bytes, Sameness sameness) {
  const std::string text = disassembled(bytes);
  const Result<std::vector<uint8_t>> again = text::assemble(text);
  if (!again) return "what is printed does not read back: " + text::describe(again.error(), text, "text");
  const std::string before = uncommented(text), after = uncommented(disassembled(*again));
  if (before != after) return first_difference(before, after);
  if (sameness == Sameness::bytes && !std::equal(bytes.begin(), bytes.end(), again->begin(), again->end())) {
    return "the same text, but other bytes: " + std::to_string(bytes.size()) + ", then " +
           std::to_string(again->size());
  }
  return {};
}

}  // namespace mini_wasm::spec
