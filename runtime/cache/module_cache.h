// ModuleCache: what earlier runs have saved about a module, in a file of Config::cache_dir: that the module is valid,
// and a record of each function that the tier has compiled. The content of a record is the tier's; here it is a
// sequence of bytes.
//
// The name of the file is a hash of everything that the code depends on: the build of this engine, its settings, the
// CPU, the module. The hash alone is not trusted:
// * The file contains the settings, and the module's bytes without function bodies, data and custom sections. Each
//   record contains its function's body. All of these are compared.
// * Tags, which cannot be made without the key, prove that an engine of the same user wrote the file.
// Anything unexpected counts as missing, so nothing here reports an error.
// Thread rule: any thread, except for `save`.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/indices.h"
#include "decoder/module.h"
#include "runtime/cache/cache_file.h"
#include "runtime/cache/cache_key.h"

namespace mini_wasm::runtime {

class Engine;
class ModuleCode;

class ModuleCache {
 public:
  // Null when the engine keeps no code (CacheAccess). `module` and `engine` must live longer than the result. `given`,
  // if it is not null and has what belongs to the module, takes the place of the file; then nothing is saved.
  static std::unique_ptr<ModuleCache> make(const Engine& engine, const decoder::Module& module,
                                           std::unique_ptr<CodeSource> given);

  // Whether an earlier run, with these settings, has found all functions of a module with the same hash to be valid.
  // The hash can be wrong, so functions are still validated on demand (ValidatedFunctions) before they are compiled.
  // Code that is found here was made from the same bytes and needs no validation.
  bool says_valid() const { return contents_ && contents_->all_valid; }
  bool has(FuncIdx func) const { return entry_of(func) != nullptr; }
  // The record of the function, read into `buffer`; empty when there is none that is authentic.
  std::span<const uint8_t> find(FuncIdx func, std::vector<uint8_t>& buffer) const;

  // Writes a new file that contains the old records and those that `code` has made since, if there are enough new ones.
  // `all_valid`: all functions have been validated.
  void save(ModuleCode& code, bool all_valid) const;
  // What such a file would contain: all records, old and new ones. Instances may run meanwhile.
  std::vector<uint8_t> image(ModuleCode& code, bool all_valid) const;

 private:
  struct Entry {
    uint32_t func = 0;
    uint32_t size = 0;
    uint64_t at = 0;
    MacTag tag = {};
  };
  // A file whose header and tail have been checked.
  struct Contents {
    std::unique_ptr<CodeSource> file;
    bool all_valid = false;
    std::vector<Entry> entries;  // in ascending order of `func`
  };

  ModuleCache(const Engine& engine, const decoder::Module& module, std::unique_ptr<CodeSource> given);
  std::optional<Contents> open() const;
  std::optional<Contents> check(std::unique_ptr<CodeSource> source) const;
  // Writes a file with the records of `old`, which may be null, and of these functions; stops beyond `most` bytes.
  void write(CodeSink& file, ModuleCode& code, std::span<const FuncIdx> fresh, bool all_valid, const Contents* old,
             uint64_t most) const;
  bool read_tail(std::span<const uint8_t> tail, uint64_t records_end, Contents& contents) const;
  const Entry* entry_of(FuncIdx func) const;
  std::span<const uint8_t> read(const Contents& contents, const Entry& entry, std::vector<uint8_t>& buffer) const;

  const decoder::Module& module_;
  const std::string directory_;
  const uint64_t most_bytes_;
  const CacheKey key_;
  std::string name_;
  std::vector<uint8_t> identity_;  // settings, and what the code depends on; the tail of the file must begin with it
  std::optional<Contents> contents_;
  bool is_given_ = false;  // contents_ is no file of the directory
};

}  // namespace mini_wasm::runtime
