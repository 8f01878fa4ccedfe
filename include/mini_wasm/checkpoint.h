/// @file
/// Checkpoint and restore: the state of a store as bytes, and a store with that state again, in another process, on
/// another CPU, or on another tier.
///
///     std::vector<uint8_t> image;
///     checkpoint(store, [&](std::span<const uint8_t> bytes) -> Result<void> {
///       image.insert(image.end(), bytes.begin(), bytes.end());
///       return {};
///     });
///     ...
///     Store again(engine);
///     Restored restored = *restore(again, {module}, linker, image);
///     restored.instances[0].func("next")->call({});
///
/// docs/checkpoint.md says what is saved and what is not.
#pragma once

#include <mini_wasm/api.h>
#include <mini_wasm/async.h>
#include <mini_wasm/instance.h>
#include <mini_wasm/linker.h>
#include <mini_wasm/module.h>
#include <mini_wasm/result.h>
#include <mini_wasm/store.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <vector>

namespace mini_wasm {

/// Takes the next bytes of an image. An error ends the checkpoint with this error. Must not throw.
using CheckpointSink = std::function<Result<void>(std::span<const uint8_t> bytes)>;
/// Fills the beginning of `room` with the next bytes of an image and returns how many they are; 0 at the end of the
/// image. An error ends the restoration with this error. Must not throw.
using CheckpointSource = std::function<Result<size_t>(std::span<uint8_t> room)>;

/// What checkpoint needs to know besides the store.
struct CheckpointOptions {
  /// Calls of the store that are to go on in the restored one; none of them may be running. Not saved: the pointers of
  /// AsyncCall::set_data. Calls that are not listed are not part of the image.
  std::span<AsyncCall* const> calls;
  /// Turns an object of the host, which an externref refers to, into bytes. Called once for each object. Must not change
  /// the store, and must not throw. Empty: an externref that is not null is an Error.
  std::function<Result<std::vector<uint8_t>>(const Val& value)> save_extern;
};

/// What restore needs to know besides the image.
struct RestoreOptions {
  /// Makes the externref for what CheckpointOptions::save_extern has given, or null. It may make externrefs in the store;
  /// it must not do anything else with it, and must not throw. Empty: an image with an object of the host is an Error.
  std::function<Result<Val>(std::span<const uint8_t> bytes)> load_extern;
};

/// What a restored store contains.
struct Restored {
  /// All instances, in the order in which they were made.
  std::vector<Instance> instances;
  /// The calls, in the order of CheckpointOptions::calls.
  std::vector<AsyncCall> calls;
  /// The units of fuel that were left (Store::fuel). The restored store has the fuel of its StoreLimits, because an image
  /// must not decide how long it runs; Store::set_fuel gives it these.
  uint64_t fuel = 0;
};

/// Writes the state of a store to `sink`: its instances with their memories, tables, globals, segments and GC objects.
/// The store does not change, and can go on. The image does not depend on tier, CPU or addresses.
///
/// Errors: usage (a call of the store is running; a call in the options belongs to another store; a reference refers to
/// something of the host that no import names; a shared memory is used elsewhere), limit (no memory left), and those of
/// `sink` and of the callbacks.
MINI_WASM_API Result<void> checkpoint(Store& store, const CheckpointSink& sink, const CheckpointOptions& options = {});

/// Gives a new store the state of an image. Nothing of the modules runs: no start function, no initialiser, no segment.
///
/// `modules`: the modules of the image, in any order, perhaps among others; they are found by a hash of their bytes. What
/// the host has defined is taken from `linker`, a linker of this store or of its engine, by the names of the imports. What
/// one instance has imported from another is connected as it was.
///
/// The image may come from anywhere: all of it is checked, and what the guest may have is decided by the StoreLimits of
/// the new store. For kind malformed, Error::offset is a position in the image.
///
/// Errors: malformed (not an image, or one that is damaged or inconsistent), unlinkable (a module or an import is missing,
/// or an import has the wrong type), usage (the store has instances, or a module is of another engine), limit, trap
/// (the store is interrupted), and those of `source` and of the callback. After an error, the store is as it was. What
/// the linker has given may have been written to, or have grown.
MINI_WASM_API Result<Restored> restore(Store& store, std::span<const Module> modules, const Linker& linker,
                                       const CheckpointSource& source, const RestoreOptions& options = {});
/// The same with an image in memory.
MINI_WASM_API Result<Restored> restore(Store& store, std::span<const Module> modules, const Linker& linker,
                                       std::span<const uint8_t> image, const RestoreOptions& options = {});
/// The same, for example `restore(store, {module}, linker, image)`.
inline Result<Restored> restore(Store& store, std::initializer_list<Module> modules, const Linker& linker,
                                std::span<const uint8_t> image, const RestoreOptions& options = {}) {
  return restore(store, std::span<const Module>(modules.begin(), modules.size()), linker, image, options);
}

}  // namespace mini_wasm
