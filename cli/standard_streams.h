// The numbers 0, 1 and 2 of a process that may have been started with some of them closed (`mini-wasm ... >&-`).
#pragma once

namespace mini_wasm::cli {

// To be called before anything is opened: puts something in the place of each closed one that can be neither read nor
// written, so that no file of ours becomes a standard stream.
void occupy_closed_streams();

// What the guest is to have for it: itself, or -1 when it was closed.
int guest_stream(int number);

// Writes out what has been printed. The exit code: `code`, unless something of standard output was lost.
int finish_output(int code);

}  // namespace mini_wasm::cli
