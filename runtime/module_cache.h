// What is known of a module from earlier runs, in a file of Config::cache_dir: that it is valid, and a record of each
// function that the tier made code of. Records are the tier's; here they are bytes.
//
// The file is named after everything that code depends on: the build of this engine, its settings, the CPU, the
// module. A name is a hash, which is not believed: the file repeats the settings and the module's bytes outside of
// function bodies, data and custom sections, each record its function's body, and they are compared. Tags, which only
// who has the key can make, say that it was written by an engine of the same user. Whatever is odd is as if it were not
// there, so nothing here can fail.
// Thread rule: any thread, but `save`.
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
#include "runtime/cache_file.h"
#include "runtime/cache_key.h"

namespace mini_wasm::runtime {

class Engine;
class ModuleCode;

class ModuleCache {
 public:
  // Null when the engine keeps nothing (CacheAccess). `module` and `engine` outlive this.
  static std::unique_ptr<ModuleCache> make(const Engine& engine, const decoder::Module& module);

  // Whether this very module, with these settings, has been found to be valid in all its functions. That rests on the
  // hash: who believes it validates functions on demand (ValidatedFunctions), and code that is found here was made from
  // the same bytes.
  bool says_valid() const { return contents_ && contents_->all_valid; }
  bool has(FuncIdx func) const { return entry_of(func) != nullptr; }
  // The function's record, in `buffer`; empty when there is none that can be believed.
  std::span<const uint8_t> find(FuncIdx func, std::vector<uint8_t>& buffer) const;

  // Writes a file that has what `code` made since as well, if that is worth it. `all_valid`: all functions have been
  // validated.
  void save(ModuleCode& code, bool all_valid) const;

 private:
  struct Entry {
    uint32_t func = 0;
    uint32_t size = 0;
    uint64_t at = 0;
    MacTag tag = {};
  };
  // Of a file whose beginning and end have been checked.
  struct Contents {
    std::unique_ptr<CacheFile> file;
    bool all_valid = false;
    std::vector<Entry> entries;  // ascending
  };

  ModuleCache(const Engine& engine, const decoder::Module& module);
  std::optional<Contents> open() const;
  bool read_tail(std::span<const uint8_t> tail, uint64_t records_end, Contents& contents) const;
  const Entry* entry_of(FuncIdx func) const;
  std::span<const uint8_t> read(const Contents& contents, const Entry& entry, std::vector<uint8_t>& buffer) const;

  const decoder::Module& module_;
  const std::string directory_;
  const uint64_t most_bytes_;
  const CacheKey key_;
  std::string name_;
  std::vector<uint8_t> identity_;  // what the file must begin its end with: settings, and what code depends on
  std::optional<Contents> contents_;
};

}  // namespace mini_wasm::runtime
