// The state of a program, as bytes (Wasi::save): numbers are unsigned LEB128, texts have their length before them.
//
//   version
//   arguments, environment         each: how many, then the texts
//   directories                    how many, then their names
//   descriptors                    how many, then for each: its number, that of the one it comes from, whether it was
//                                  opened below that one, and if so, the path; rights, flags, position
#include <algorithm>
#include <limits>
#include <utility>

#include "core/leb128.h"
#include "decoder/reader.h"
#include "wasi/context.h"
#include "wasi/errno_map.h"

namespace mini_wasm::wasi {

namespace {

constexpr uint64_t kVersion = 1;

class Writer {
 public:
  void number(uint64_t value) { write_uleb(bytes_, value); }
  void text(std::string_view text) {
    number(text.size());
    bytes_.insert(bytes_.end(), text.begin(), text.end());
  }
  void texts(const std::vector<std::string>& texts) {
    number(texts.size());
    for (const std::string& text : texts) this->text(text);
  }
  std::vector<uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

// Names of files need not be UTF-8.
std::string read_text(decoder::Reader& in, std::span<const uint8_t> bytes) {
  const uint32_t at = in.offset();
  const decoder::ByteRange range = in.sized(in.u32(), at);
  const auto text = bytes.subspan(range.begin, range.end - range.begin);
  if (std::find(text.begin(), text.end(), 0) != text.end()) in.fail(at, "a text with a NUL character");
  return {text.begin(), text.end()};
}

std::vector<std::string> read_texts(decoder::Reader& in, std::span<const uint8_t> bytes, const char* what) {
  std::vector<std::string> texts;
  for (uint32_t n = in.count(1, what); n != 0 && in.ok(); --n) texts.push_back(read_text(in, bytes));
  return texts;
}

std::vector<Context::Saved> read_descriptors(decoder::Reader& in, std::span<const uint8_t> state) {
  std::vector<Context::Saved> all;
  for (uint32_t n = in.count(8, "descriptor"); n != 0 && in.ok(); --n) {
    Context::Saved& saved = all.emplace_back();
    saved.at = in.offset();
    saved.number = in.u32();
    saved.begin = in.u32();
    if (in.u32() != 0) saved.path = read_text(in, state);
    for (Rights* rights : {&saved.base, &saved.inheriting, &saved.not_asked}) *rights = in.u64();
    saved.flags = static_cast<FdFlags>(in.u32() & fd_flags::kAll);
    saved.position = in.u64();
  }
  return all;
}

Error malformed(uint64_t at, const std::string& what) {
  Error error = Error::make(ErrorKind::malformed, "the state of a program: " + what);
  error.offset = at;
  return error;
}

bool can_be_made_again(const File& file) { return file.is_directory() || file.type() == FileType::regular_file; }

// 0 unless it is a regular file.
ErrnoOr<FileSize> position_of(File& file) {
  if (file.type() != FileType::regular_file) return FileSize{0};
  return file.seek(0, Whence::cur);
}

std::vector<std::string> names_of(const std::vector<WasiConfig::Preopen>& preopens) {
  std::vector<std::string> names;
  for (const WasiConfig::Preopen& preopen : preopens) names.push_back(preopen.guest);
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text.empty() ? "none" : text;
}

}  // namespace

// --- Saving

Result<std::vector<uint8_t>> Context::save() {
  Writer out;
  out.number(kVersion);
  out.texts(config_.args);
  out.texts(config_.env);
  out.texts(names_of(config_.preopens));
  const auto& all = fds_.all();
  out.number(all.size() - static_cast<size_t>(std::count(all.begin(), all.end(), nullptr)));
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i] == nullptr) continue;
    const Descriptor& descriptor = *all[i];
    const auto cannot = [i](const char* why) {
      return Error::make(ErrorKind::usage,
                         "the program's descriptor " + std::to_string(i) + " cannot be saved: " + why);
    };
    if (!descriptor.origin) return cannot("it is a connection");
    const auto& [begin, path] = *descriptor.origin;
    if (path && !can_be_made_again(*descriptor.file)) return cannot("it is neither a file nor a directory");
    const ErrnoOr<FdFlags> flags = descriptor.file->flags();
    const ErrnoOr<FileSize> position = position_of(*descriptor.file);
    if (!flags.ok() || !position.ok()) return cannot("the system does not tell its state");
    out.number(i);
    out.number(static_cast<uint32_t>(begin));
    out.number(path ? 1 : 0);
    if (path) out.text(*path);
    for (const Rights rights : {descriptor.base, descriptor.inheriting, descriptor.not_asked}) out.number(rights);
    out.number(*flags);
    out.number(*position);
  }
  return out.take();
}

// --- Loading

// Opens the file below a directory that the program has been given. It is opened without waiting: it could be a FIFO now.
ErrnoOr<std::shared_ptr<Descriptor>> Context::make_again(const Saved& saved, const Descriptor& begin) {
  OpenRequest request{lookup_flags::kSymlinkFollow, 0, 0, saved.base};
  if ((saved.base & rights::fd_readdir) != 0) request.oflags = o_flags::kDirectory;
  request.fdflags = static_cast<FdFlags>(saved.flags | fd_flags::kNonblock);
  ErrnoOr<std::shared_ptr<Descriptor>> made = open_at(begin, *saved.path, request);
  if (!made.ok()) return made;
  File& file = *(*made)->file;
  if (!can_be_made_again(file)) return Errno::inval;
  if (file.type() != FileType::regular_file) return made;
  if (const Errno error = file.set_flags(saved.flags, fd_flags::kNonblock); error != Errno::success) return error;
  const ErrnoOr<FileSize> moved = file.seek(static_cast<FileDelta>(saved.position), Whence::set);
  if (!moved.ok()) return moved.error();
  return made;
}

// A descriptor that the program began with is the new program's own. None has more rights than the new program gives it,
// and none has more than before.
Result<void> Context::load(const std::vector<Saved>& saved) {
  const std::vector<std::shared_ptr<Descriptor>>& begin = fds_.all();
  std::vector<std::shared_ptr<Descriptor>> made;
  std::vector<bool> is_used(begin.size());
  for (const Saved& one : saved) {
    if (one.number >= begin.size() + uint64_t{config_.max_open_files})
      return malformed(one.at, "too large a descriptor");
    if (one.begin >= begin.size()) return malformed(one.at, "a descriptor that comes from nowhere");
    if (made.size() <= one.number) made.resize(one.number + size_t{1});
    std::shared_ptr<Descriptor>& to = made[one.number];
    if (to != nullptr || (!one.path && is_used[one.begin])) return malformed(one.at, "a descriptor twice");
    const std::shared_ptr<Descriptor>& from = begin[one.begin];
    if (!one.path) {
      is_used[one.begin] = true;
      to = from;  // null: a stream that this program does not have
      continue;
    }
    if (from == nullptr || !from->preopen) return malformed(one.at, "a file that is in no directory");
    ErrnoOr<std::shared_ptr<Descriptor>> opened = make_again(one, *from);
    if (!opened.ok()) {
      return Error::make(ErrorKind::io, "cannot open " + *one.path + " in " + *from->preopen +
                                            " again: " + errno_name(opened.error()));
    }
    to = *opened;
  }
  for (const Saved& one : saved) {
    Descriptor* const to = made[one.number].get();
    if (to == nullptr) continue;
    to->base &= one.base;
    to->inheriting &= one.inheriting;
    to->not_asked = one.not_asked & ~to->base;
  }
  fds_.replace(std::move(made));
  return {};
}

Result<void> Context::load(std::span<const uint8_t> state) {
  if (state.size() > std::numeric_limits<uint32_t>::max()) return malformed(0, "too long");
  decoder::Reader in(state);
  if (in.u64() != kVersion && in.ok()) return malformed(0, "made by another version");
  std::vector<std::string> args = read_texts(in, state, "argument");
  std::vector<std::string> env = read_texts(in, state, "environment variable");
  const std::vector<std::string> directories = read_texts(in, state, "directory");
  const std::vector<Saved> saved = read_descriptors(in, state);
  if (in.ok() && !in.at_end()) in.fail("unexpected content after the end");
  if (!in.ok()) return malformed(in.error().offset, in.error().message);
  if (const std::vector<std::string> here = names_of(config_.preopens); here != directories) {
    return Error::make(ErrorKind::usage,
                       "the program had these directories: " + listed(directories) + "; now it has: " + listed(here));
  }
  if (saved.size() > config_.max_open_files) {
    return Error::make(ErrorKind::limit, "the program had " + std::to_string(saved.size()) + " open files");
  }
  if (Result<void> r = load(saved); !r) return r;
  config_.args = std::move(args);
  config_.env = std::move(env);
  return {};
}

}  // namespace mini_wasm::wasi
