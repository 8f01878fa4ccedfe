#include "decoder/file_kind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

#include "decoder/module_decoder.h"

namespace mini_wasm::decoder {
namespace {

using namespace std::string_view_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::span<const uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string message(std::string_view content) {
  TypeRegistry registry;
  const auto module = decode_module(bytes(content), registry, FeatureSet::all());
  return module ? "" : module.error().message;
}

TEST(file_kind, what_is_not_webassembly_is_named) {
  const std::pair<std::string_view, const char*> kinds[] = {
      {"\x7f"
       "ELF\2\1\1\0"sv,
       "an ELF executable or library, not WebAssembly"},
      {"\x1f\x8b\x08\0"sv, "compressed with gzip, not WebAssembly; unpack it first"},
      {"\x28\xb5\x2f\xfd\0"sv, "compressed with zstd"},
      {"\xfd"
       "7zXZ\0"sv,
       "compressed with xz"},
      {"BZh91AY"sv, "compressed with bzip2"},
      {"PK\x03\x04\x14"sv, "a zip archive"},
      {"!<arch>\n"sv, "an archive of object files, not WebAssembly; link it first"},
      {"BC\xc0\xde\x35"sv, "LLVM bitcode, not WebAssembly; compile it first"},
      {"MZ\x90\0"sv, "a Windows executable"},
      {"\0aot\5\0\0\0"sv, "compiled ahead of time"},
      {"<!DOCTYPE html>\n<html>"sv, "an HTML page"},
      {"\n  <HTML lang=en>"sv, "an HTML page"},
      {"<?xml version='1.0'?>"sv, "an XML document"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:1\n"sv, "a Git LFS pointer"},
      {"#!/bin/sh\necho hello\n"sv, "a script"},
      {"(module)"sv, "WebAssembly text, not a binary module"},
      {";; a comment\n(module)"sv, "WebAssembly text, not a binary module"},
      {"\xef\xbb\xbf(module)"sv,
       "WebAssembly text behind a byte order mark (BOM), not a binary module; remove the mark"},
      {"\xef\xbb\xbfhello"sv, "text behind a byte order mark (BOM)"},
      {"\xff\xfe(\0m\0"sv, "text in UTF-16"},
      {"{\"name\": 1}"sv, "text, not WebAssembly"},
      {"\0\0\0\0\0\0\0\0"sv, "all zeros, not WebAssembly"},
      {"\x01\x02\x03\x04"sv, "not WebAssembly"},
  };
  for (const auto& [content, kind] : kinds) {
    EXPECT_THAT(message(content), AllOf(StartsWith("magic header not detected: this is "), HasSubstr(kind)));
  }
  EXPECT_EQ(message(""), "unexpected end: there is nothing in it");
  EXPECT_EQ(message("\0as"sv), "unexpected end");
  EXPECT_EQ(message("\0asm\x0d\0\x01\0"sv), "unknown binary version: this is a component, not a module");
  EXPECT_EQ(message("\0asm\x0c\0\x01\0"sv), "unknown binary version: this is a component, not a module");
  EXPECT_EQ(message("\0asm\x02\0\0\0"sv), "unknown binary version");
  EXPECT_EQ(message(std::string(257, 'a') + std::string("ustar")),
            "magic header not detected: this is a tar archive, not WebAssembly; unpack it first");
}

TEST(file_kind, a_first_line_for_unix) {
  EXPECT_EQ(interpreter_line(bytes("#!/usr/bin/env mini-wasm\n(module)")), 25);
  EXPECT_EQ(interpreter_line(bytes("#!x\r\n\0asm"sv)), 5);
  EXPECT_EQ(interpreter_line(bytes("#!no end")), 0);
  EXPECT_EQ(interpreter_line(bytes("#")), 0);
  EXPECT_EQ(interpreter_line(bytes("\0asm#!\n"sv)), 0);
  EXPECT_EQ(interpreter_line({}), 0);
}

TEST(file_kind, the_beginning_suffices) {
  EXPECT_TRUE(check_magic(bytes("\0asm\1\0\0\0"sv)));
  EXPECT_TRUE(check_magic(bytes("\0asm\1\0\0\0\xff"sv)));
  EXPECT_FALSE(check_magic(bytes("\0asm\1\0"sv)));
  EXPECT_FALSE(check_magic(bytes("(module)")));
}

}  // namespace
}  // namespace mini_wasm::decoder
