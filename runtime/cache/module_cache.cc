#include "runtime/cache/module_cache.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "core/leb128.h"
#include "decoder/reader.h"
#include "runtime/cache/hash.h"
#include "runtime/cache/mac.h"
#include "runtime/engine.h"
#include "runtime/system/image.h"

namespace mini_wasm::runtime {
namespace {

constexpr uint32_t kFormat = 2;

// The file consists of the Header, the records one after the other, and the tail:
//
//   identity (ModuleCache::identity_) with its length; whether all functions are valid; the number of records;
//   for each record: function, size, tag
//
// The tag in the header authenticates the tail, followed by the part of the header before the tag. Each record has its
// own tag in the tail. So all bytes are authenticated before they are used, but records that are not used need not be
// read.
struct Header {
  char magic[8] = {'m', 'w', ' ', 'c', 'a', 'c', 'h', 'e'};
  uint64_t size = 0;  // of the file, in bytes
  uint64_t tail = 0;  // offset of the tail
  MacTag tag = {};
};
static_assert(std::has_unique_object_representations_v<Header>);

std::span<const uint8_t> bytes_of(const Header& header) {
  return {reinterpret_cast<const uint8_t*>(&header), sizeof(header)};
}
MacTag tag_of(const MacKey& key, const Header& header, std::vector<uint8_t> tail) {
  const auto before = bytes_of(header).first(offsetof(Header, tag));
  tail.insert(tail.end(), before.begin(), before.end());
  return mac_of(key, tail);
}

template <class T>
void append(std::vector<uint8_t>& out, const T& value) {
  static_assert(std::has_unique_object_representations_v<T> && !std::is_class_v<T>);
  const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
  for (size_t i = 0; i < sizeof(value); ++i) out.push_back(bytes[i]);  // GCC 12 warns falsely of an `insert`
}

void append_sized(std::vector<uint8_t>& out, std::span<const uint8_t> bytes) {
  write_uleb(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::vector<uint8_t> settings_of(const Engine& engine, const decoder::Module& module) {
  std::vector<uint8_t> out;
  append(out, kFormat);
  append_sized(out, Image::own().build_id);
  append(out, engine.features().bits());
  append(out, engine.config().tier);
  append(out, engine.config().guard_pages);
  append(out, engine.config().speculation_guards);
  append(out, engine.config().fuel);
  std::vector<uint8_t> tier;
  engine.tier().describe(tier);
  append_sized(out, tier);
  append(out, uint64_t{module.bytes.size()});
  append_sized(out, hash_128(module.bytes));
  return out;
}

// Appends the bytes of the module without function bodies, the content of data segments, and custom sections.
void append_frame(const decoder::Module& module, std::vector<uint8_t>& out) {
  std::vector<decoder::ByteRange> without = {module.code_section};
  for (const decoder::Data& data : module.datas) without.push_back(data.bytes);
  for (const decoder::CustomSection& custom : module.customs) without.push_back(custom.payload);
  std::sort(without.begin(), without.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  const uint8_t* const bytes = module.bytes.data();
  uint32_t at = 0;
  for (const decoder::ByteRange& range : without) {
    if (range.size() == 0) continue;
    out.insert(out.end(), bytes + at, bytes + range.begin);
    at = range.end;
  }
  out.insert(out.end(), bytes + at, bytes + module.bytes.size());
}

std::string hex(std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) text += {kDigits[byte >> 4], kDigits[byte & 15]};
  return text;
}

// A record begins with the position and the bytes of the function's body. Backtraces depend on the position.
void append_body(const decoder::Module& module, FuncIdx func, std::vector<uint8_t>& out) {
  const decoder::ByteRange body = module.funcs[raw(func)].body;
  append(out, body.begin);
  append_sized(out, module.view(body));
}

}  // namespace

// --- Opening

std::unique_ptr<ModuleCache> ModuleCache::make(const Engine& engine, const decoder::Module& module,
                                               std::unique_ptr<CodeSource> given) {
  if (engine.cache().key() == nullptr) return nullptr;
  return std::unique_ptr<ModuleCache>(new ModuleCache(engine, module, std::move(given)));
}

ModuleCache::ModuleCache(const Engine& engine, const decoder::Module& module, std::unique_ptr<CodeSource> given)
    : module_(module),
      directory_(engine.config().cache_dir),
      most_bytes_(engine.config().cache_bytes),
      key_(*engine.cache().key()),
      identity_(settings_of(engine, module)) {
  name_ = hex(hash_128(identity_));
  append_frame(module, identity_);
  contents_ = check(std::move(given));
  is_given_ = contents_.has_value();
  if (!is_given_) contents_ = open();
}

std::optional<ModuleCache::Contents> ModuleCache::open() const { return check(CacheFile::open(directory_, name_)); }

std::optional<ModuleCache::Contents> ModuleCache::check(std::unique_ptr<CodeSource> source) const {
  Contents contents;
  contents.file = std::move(source);
  if (!contents.file || contents.file->size() < sizeof(Header)) return std::nullopt;
  Header header;
  const Header expected;
  if (!contents.file->read(0, {reinterpret_cast<uint8_t*>(&header), sizeof(header)})) return std::nullopt;
  if (std::memcmp(header.magic, expected.magic, sizeof(header.magic)) != 0 || header.size != contents.file->size() ||
      header.tail < sizeof(header) || header.tail > header.size) {
    return std::nullopt;
  }
  std::vector<uint8_t> tail(header.size - header.tail);
  if (!contents.file->read(header.tail, tail) || tag_of(key_.tail, header, tail) != header.tag) return std::nullopt;
  if (!read_tail(tail, header.tail, contents)) return std::nullopt;
  return contents;
}

bool ModuleCache::read_tail(std::span<const uint8_t> tail, uint64_t records_end, Contents& contents) const {
  decoder::Reader r(tail);
  const decoder::ByteRange identity = r.bytes(r.u64());
  if (!r.ok() || !std::ranges::equal(tail.subspan(identity.begin, identity.size()), identity_)) return false;
  contents.all_valid = r.u8() != 0;
  const uint32_t count = r.count(18, "records");
  uint64_t at = sizeof(Header);
  for (uint32_t i = 0; i < count && r.ok(); ++i) {
    const uint32_t func = r.u32(), size = r.u32();
    MacTag tag = {};
    const decoder::ByteRange tag_at = r.bytes(tag.size());
    if (r.ok()) std::copy_n(tail.data() + tag_at.begin, tag.size(), tag.begin());
    const uint32_t first = contents.entries.empty() ? module_.imported_funcs : contents.entries.back().func + 1;
    if (func < first || func >= module_.funcs.size()) return false;
    contents.entries.push_back({func, size, at, tag});
    at += size;
  }
  return r.ok() && r.at_end() && at == records_end;
}

// --- Reading records

const ModuleCache::Entry* ModuleCache::entry_of(FuncIdx func) const {
  if (!contents_) return nullptr;
  const auto& entries = contents_->entries;
  const auto at = std::lower_bound(entries.begin(), entries.end(), raw(func),
                                   [](const Entry& entry, uint32_t wanted) { return entry.func < wanted; });
  return at != entries.end() && at->func == raw(func) ? &*at : nullptr;
}

std::span<const uint8_t> ModuleCache::find(FuncIdx func, std::vector<uint8_t>& buffer) const {
  const Entry* entry = entry_of(func);
  return entry == nullptr ? std::span<const uint8_t>() : read(*contents_, *entry, buffer);
}

std::span<const uint8_t> ModuleCache::read(const Contents& contents, const Entry& entry,
                                           std::vector<uint8_t>& buffer) const {
  buffer.resize(entry.size);
  if (!contents.file->read(entry.at, buffer) || mac_of(key_.record, buffer) != entry.tag) return {};
  const decoder::ByteRange body = module_.funcs[entry.func].body;
  decoder::Reader r(buffer);
  if (r.fixed_u32() != body.begin || r.u64() != body.size() || r.left() < body.size()) return {};
  if (std::memcmp(r.pos(), module_.bytes.data() + body.begin, body.size()) != 0) return {};
  return {r.pos() + body.size(), r.left() - body.size()};
}

// --- Writing

// Opens the file again because other processes write to it as well. If the file already has most of what we have, it is
// left as it is; otherwise each run would write the whole file for one or two new functions.
void ModuleCache::save(ModuleCode& code, bool all_valid) const {
  constexpr uint64_t kWorthIt = 32;  // new code must be at least 1/32 of the file
  if (is_given_) return;
  const ModuleCode::Unsaved fresh = code.unsaved();
  if (fresh.functions.empty() && (!all_valid || says_valid())) return;
  const std::optional<Contents> old = open();
  if (old && fresh.bytes * kWorthIt < old->file->size() && (!all_valid || old->all_valid)) return;

  NewCacheFile file(directory_, name_);
  write(file, code, fresh.functions, all_valid, old ? &*old : nullptr, most_bytes_);
  if (file.size() > most_bytes_) return;
  file.publish();
  if (file.ok()) trim_cache(directory_, most_bytes_);
}

std::vector<uint8_t> ModuleCache::image(ModuleCode& code, bool all_valid) const {
  NewCodeInMemory made;
  write(made, code, code.unsaved().functions, all_valid, contents_ ? &*contents_ : nullptr, ~uint64_t{0});
  return made.take();
}

void ModuleCache::write(CodeSink& file, ModuleCode& code, std::span<const FuncIdx> fresh, bool all_valid,
                        const Contents* old, uint64_t most) const {
  Header header;
  file.append(bytes_of(header));
  std::vector<uint8_t> record, index;
  uint32_t count = 0;
  const auto add = [&](uint32_t func) {
    file.append(record);
    write_uleb(index, func);
    write_uleb(index, record.size());
    const MacTag tag = mac_of(key_.record, record);
    index.insert(index.end(), tag.begin(), tag.end());
    ++count;
  };
  auto next = old != nullptr ? old->entries.begin() : std::vector<Entry>::const_iterator();
  const auto keep_until = [&](uint32_t func) {
    if (old == nullptr) return;
    for (; next != old->entries.end() && next->func < func; ++next) {
      if (file.ok() && !read(*old, *next, record).empty()) add(next->func);
    }
    if (next != old->entries.end() && next->func == func) ++next;
  };
  for (const FuncIdx func : fresh) {
    keep_until(raw(func));
    record.clear();
    append_body(module_, func, record);
    if (file.ok() && code.append_record(func, record)) add(raw(func));
    if (file.size() > most) return;
  }
  keep_until(UINT32_MAX);

  std::vector<uint8_t> tail;
  append_sized(tail, identity_);
  tail.push_back(all_valid || (old != nullptr && old->all_valid) ? 1 : 0);
  write_uleb(tail, count);
  tail.insert(tail.end(), index.begin(), index.end());
  header.tail = file.size();
  header.size = header.tail + tail.size();
  header.tag = tag_of(key_.tail, header, tail);
  file.append(tail);
  file.overwrite(0, bytes_of(header));
}

}  // namespace mini_wasm::runtime
