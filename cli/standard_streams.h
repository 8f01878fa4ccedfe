// The descriptors 0, 1 and 2 of a process that may have been started with some of them closed (`mini-wasm ... >&-`).
#pragma once

namespace mini_wasm::cli {

// Must be called before any file is opened. Replaces each closed stream by a file that can be neither read nor written,
// so that no file of ours becomes a standard stream.
void occupy_closed_streams();

// The descriptor that the guest gets for a stream: the same number, or -1 when it was closed.
int guest_stream(int number);

// Writes buffered output. Returns the exit code: `code`, unless some standard output was lost.
int finish_output(int code);

}  // namespace mini_wasm::cli
