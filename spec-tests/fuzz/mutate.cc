#include "spec-tests/fuzz/mutate.h"

#include <algorithm>

namespace mini_wasm::fuzz {
namespace {

constexpr size_t kHeaderSize = 8;
constexpr size_t kMaxSize = 1 << 20;

void write_u32(Input& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
  out.push_back(static_cast<uint8_t>(value));
}

// Reads an unsigned LEB128 number at `at` and moves `at` past it; 0 at the end of the bytes.
uint64_t read_u32(const Input& bytes, size_t& at) {
  uint64_t value = 0;
  for (int shift = 0; at < bytes.size() && shift < 35; shift += 7) {
    const uint8_t byte = bytes[at++];
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return value;
}

void insert(Input& bytes, size_t at, std::span<const uint8_t> what) {
  if (bytes.size() + what.size() > kMaxSize) return;
  const Input copy(what.begin(), what.end());
  bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(at), copy.begin(), copy.end());
}

void erase(Input& bytes, size_t at, size_t count) {
  const auto first = bytes.begin() + static_cast<ptrdiff_t>(at);
  bytes.erase(first, first + static_cast<ptrdiff_t>(std::min(count, bytes.size() - at)));
}

// A number that is likely to be at a boundary, as LEB128 of any length.
Input interesting_number(Random& random) {
  static constexpr uint64_t kNumbers[] = {
      0, 1, 2, 0x3f, 0x40, 0x7f, 0x80, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, ~uint64_t{0}};
  Input out;
  write_u32(out, kNumbers[random.below(std::size(kNumbers))]);
  return out;
}

// Makes one change to arbitrary bytes.
void change(Input& bytes, std::span<const uint8_t> other, Random& random) {
  if (bytes.empty()) return insert(bytes, 0, other.first(std::min<size_t>(other.size(), 16)));
  const size_t at = random.below(bytes.size());
  switch (random.below(8)) {
    case 0: bytes[at] ^= static_cast<uint8_t>(1U << random.below(8)); break;
    case 1: bytes[at] = static_cast<uint8_t>(random.next()); break;
    case 2: bytes[at] = static_cast<uint8_t>(bytes[at] + (random.below(2) == 0 ? 1 : -1)); break;
    case 3: erase(bytes, at, 1 + random.below(4)); break;
    case 4: {
      const size_t count = std::min<size_t>(1 + random.below(16), bytes.size() - at);
      insert(bytes, random.below(bytes.size()), std::span(bytes).subspan(at, count));
      break;
    }
    case 5: {
      const Input number = interesting_number(random);
      if (random.below(2) == 0) erase(bytes, at, 1);
      insert(bytes, at, number);
      break;
    }
    case 6: {
      if (other.empty()) break;
      const size_t from = random.below(other.size());
      insert(bytes, at, other.subspan(from, std::min<size_t>(1 + random.below(24), other.size() - from)));
      break;
    }
    default: bytes[at] = static_cast<uint8_t>(random.below(0x20)); break;  // control instructions, small numbers
  }
}

struct Section {
  uint8_t id = 0;
  Input content;
};

// Empty when the bytes are not a header followed by complete sections.
std::vector<Section> split(const Input& bytes) {
  std::vector<Section> sections;
  for (size_t at = kHeaderSize; at < bytes.size();) {
    const uint8_t id = bytes[at++];
    const uint64_t size = read_u32(bytes, at);
    if (size > bytes.size() - at) return {};
    const auto first = bytes.begin() + static_cast<ptrdiff_t>(at);
    sections.push_back({id, Input(first, first + static_cast<ptrdiff_t>(size))});
    at += size;
  }
  return sections;
}

Input join(const Input& header, const std::vector<Section>& sections) {
  Input out(header.begin(), header.begin() + kHeaderSize);
  for (const Section& section : sections) {
    out.push_back(section.id);
    write_u32(out, section.content.size());
    out.insert(out.end(), section.content.begin(), section.content.end());
  }
  return out;
}

// Changes one body of a code section and corrects its size.
void change_code(Input& content, std::span<const uint8_t> other, Random& random) {
  constexpr uint64_t kMaxBodies = 100'000;
  size_t at = 0;
  const uint64_t count = read_u32(content, at);
  if (count == 0 || count > kMaxBodies) return change(content, other, random);
  const uint64_t chosen = random.below(count);
  Input out;
  write_u32(out, count);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t size = read_u32(content, at);
    if (size > content.size() - at) return change(content, other, random);
    const auto first = content.begin() + static_cast<ptrdiff_t>(at);
    Input body(first, first + static_cast<ptrdiff_t>(size));
    at += size;
    if (i == chosen) change(body, other, random);
    write_u32(out, body.size());
    out.insert(out.end(), body.begin(), body.end());
  }
  content = std::move(out);
}

void change_section(Input& bytes, const Input& other, Random& random) {
  constexpr uint8_t kCodeSection = 10;
  std::vector<Section> sections = split(bytes);
  if (sections.empty()) return change(bytes, other, random);
  // Code is changed most often, because most errors are possible there.
  auto code = std::find_if(sections.begin(), sections.end(), [](const Section& s) { return s.id == kCodeSection; });
  if (code != sections.end() && random.below(3) != 0) {
    change_code(code->content, other, random);
  } else {
    change(sections[random.below(sections.size())].content, other, random);
  }
  bytes = join(bytes, sections);
}

}  // namespace

uint64_t Random::next() {
  uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

Input mutate(std::span<const Input> corpus, Random& random) {
  Input bytes = corpus[random.below(corpus.size())];
  const Input& other = corpus[random.below(corpus.size())];
  const uint64_t changes = 1 + random.below(4);
  for (uint64_t i = 0; i < changes; ++i) {
    if (random.below(8) == 0) {
      change(bytes, other, random);
    } else {
      change_section(bytes, other, random);
    }
  }
  if (random.below(32) == 0) bytes.resize(random.below(bytes.size() + 1));
  return bytes;
}

}  // namespace mini_wasm::fuzz
