// Recognises kinds of files by the bytes that they begin with.
#include "decoder/file_kind.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "decoder/module_decoder.h"
#include "decoder/reader.h"

namespace mini_wasm::decoder {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "\0asm"sv;

// The first row that matches is used.
constexpr struct {
  std::string_view begin;
  std::string_view kind;
} kBinaryKinds[] = {
    {"\x7f"
     "ELF"sv,
     "an ELF executable or library"},
    {"!<arch>\n"sv, "an archive of object files; link it first"},
    {"!<thin>\n"sv, "an archive of object files; link it first"},
    {"BC\xc0\xde"sv, "LLVM bitcode; compile it first"},
    {"\xde\xc0\x17\x0b"sv, "LLVM bitcode; compile it first"},
    {"\x1f\x8b"sv, "compressed with gzip; unpack it first"},
    {"\x28\xb5\x2f\xfd"sv, "compressed with zstd; unpack it first"},
    {"\xfd"
     "7zXZ\0"sv,
     "compressed with xz; unpack it first"},
    {"BZh"sv, "compressed with bzip2; unpack it first"},
    {"\x04\x22\x4d\x18"sv, "compressed with lz4; unpack it first"},
    {"PK\x03\x04"sv, "a zip archive; unpack it first"},
    {"PK\x05\x06"sv, "an empty zip archive"},
    {"7z\xbc\xaf\x27\x1c"sv, "a 7z archive; unpack it first"},
    {"MZ"sv, "a Windows executable or library"},
    {"\xcf\xfa\xed\xfe"sv, "a Mach-O executable or library"},
    {"\xce\xfa\xed\xfe"sv, "a Mach-O executable or library"},
    {"\xca\xfe\xba\xbe"sv, "a Java class or a Mach-O executable"},
    {"\0aot"sv, "code that WAMR has compiled ahead of time"},
    {"\0webc"sv, "a WebAssembly package (WEBC); take the module out first"},
    {"%PDF-"sv, "a PDF document"},
    {"\x89PNG"sv, "a PNG image"},
    {"\xff\xd8\xff"sv, "a JPEG image"},
    {"SQLite format 3"sv, "an SQLite database"},
};

constexpr std::string_view kWasmText = "WebAssembly text";

constexpr struct {
  std::string_view begin;  // in lower case
  std::string_view kind;
} kTextKinds[] = {
    {"<!doctype html", "an HTML page"},
    {"<html", "an HTML page"},
    {"<?xml", "an XML document"},
    {"<", "text with markup"},
    {"version https://git-lfs.github.com/", "a Git LFS pointer; `git lfs pull` fetches the file itself"},
    {"#!", "a script"},
    {"(", kWasmText},
    {";;", kWasmText},
};

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf", kBlanks = " \t\r\n";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// `begin` must be in lower case.
bool begins_with(std::string_view text, std::string_view begin) {
  return text.size() >= begin.size() &&
         std::equal(begin.begin(), begin.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<uint8_t>(c) >= 0x20 ? c != 0x7f : kBlanks.find(c) != kBlanks.npos;
  });
}

std::string text_kind(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  for (const auto& row : kTextKinds) {
    if (begins_with(text, row.begin)) return std::string(row.kind);
  }
  return is_printable(text) ? "text" : "";
}

std::string_view view(std::span<const uint8_t> bytes) {
  constexpr size_t kEnough = 512;
  return {reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kEnough)};
}

std::string kind_of(std::string_view begin) {
  for (const auto& row : kBinaryKinds) {
    if (begin.starts_with(row.begin)) return std::string(row.kind);
  }
  if (begin.starts_with(kByteOrderMark)) {
    const std::string kind = text_kind(begin.substr(kByteOrderMark.size()));
    return (kind.empty() ? "text" : kind.substr(0, kind.find(';'))) +
           " behind a byte order mark (BOM); remove the mark";
  }
  if (begin.starts_with("\xff\xfe") || begin.starts_with("\xfe\xff")) return "text in UTF-16";
  constexpr size_t kTarMagic = 257;
  if (begin.size() > kTarMagic && begin.substr(kTarMagic).starts_with("ustar")) return "a tar archive; unpack it first";
  if (begin.find_first_not_of('\0') == begin.npos) return "all zeros";
  return text_kind(begin);
}

}  // namespace

size_t interpreter_line(std::span<const uint8_t> bytes) {
  if (bytes.size() < 2 || bytes[0] != '#' || bytes[1] != '!') return 0;
  const auto newline = std::find(bytes.begin(), bytes.end(), uint8_t{'\n'});
  return newline == bytes.end() ? 0 : static_cast<size_t>(newline - bytes.begin()) + 1;
}

bool has_magic(std::span<const uint8_t> bytes) { return view(bytes).starts_with(kMagic); }

std::string describe_kind(std::span<const uint8_t> bytes) {
  const std::string kind = kind_of(view(bytes));
  if (kind.empty()) return "this is not WebAssembly";
  const char* contrast = kind.starts_with(kWasmText) ? ", not a binary module" : ", not WebAssembly";
  // If the text contains advice, it comes last.
  const size_t advice = std::min(kind.find(';'), kind.size());
  return "this is " + kind.substr(0, advice) + contrast + kind.substr(advice);
}

Result<void> check_magic(std::span<const uint8_t> begin) {
  Reader r(begin);
  read_header(r);
  if (!r.ok()) return r.take_error();
  return {};
}

}  // namespace mini_wasm::decoder
