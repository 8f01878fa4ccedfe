// Checkpoints of programs: what --checkpoint-file writes when the signal of --checkpoint-on comes, and what `resume` goes
// on from.
//
// The file has a magic number, the sizes of the next two parts (8 bytes each, little-endian), the module, the state of
// WASI (Wasi::save), and the state of the store (checkpoint.h) with the call of _start.
#pragma once

#include <mini_wasm/mini_wasm.h>

#include <atomic>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "cli/program.h"

namespace mini_wasm::cli {

// What is in such a file; the spans are parts of `bytes`.
struct SavedProgram {
  std::vector<uint8_t> bytes;
  std::span<const uint8_t> module, wasi, store;
};
// Errors: io, limit; malformed.
Result<SavedProgram> read_saved_program(const std::string& file);

// Waits for a signal and asks the store to yield. Blocks the signal in this thread and those that it makes later, so it
// must be made before all other threads.
class CheckpointSignal {
 public:
  explicit CheckpointSignal(int signal);
  ~CheckpointSignal();
  CheckpointSignal(const CheckpointSignal&) = delete;
  CheckpointSignal& operator=(const CheckpointSignal&) = delete;

  // From now on the signal asks this store.
  void begin(InterruptHandle store);
  // "SIGUSR1" or "USR1", and the like; none for other names.
  static std::optional<int> from_name(std::string name);

 private:
  const int signal_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

// Runs the call to its end, and writes a checkpoint to `file` whenever it yields. A checkpoint that fails is reported,
// and the program goes on. Gives the exit code. Errors: those of the program.
Result<int32_t> run_with_checkpoints(Store& store, const Module& module, const Program& program, AsyncCall call,
                                     const std::string& file, bool verbose);

}  // namespace mini_wasm::cli
