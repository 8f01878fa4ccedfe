/// @file
/// WASI preview1 for programs that use wasm.h. A configuration says what a program gets: the functions wasi_config_* have
/// the names and types that wasmtime gave them, the others are mini-wasm's own. mini_wasm_linker_define_wasi gives it to a
/// linker, mini_wasm_wasi_run runs the program. A program gets nothing that is not named: no arguments, no environment, no
/// files, and streams that are empty or lead nowhere. Only clocks and random numbers are there without a word.
///
/// All rules of wasm.h and mini_wasm.h hold here, too. Paths and names are texts with a zero at their end. A function that
/// gives false has changed nothing: an argument is null, a file cannot be used, or no memory is left. A `finalizer` (may be
/// null) is called with `data` once, when nothing uses it any more, also when the function fails.
#ifndef WASI_H
#define WASI_H

#include <mini_wasm.h>

#if !MINI_WASM_HAS_WASI
#error "this mini-wasm was built without WASI (-DMINI_WASM_WASI=OFF)"
#endif

#ifndef WASI_API_EXTERN
#define WASI_API_EXTERN WASM_API_EXTERN
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define own

/// What a program gets.
typedef struct wasi_config_t wasi_config_t;
WASI_API_EXTERN own wasi_config_t* wasi_config_new(void);
WASI_API_EXTERN void wasi_config_delete(own wasi_config_t*);

/// The arguments; argv[0] is the name of the program.
WASI_API_EXTERN bool wasi_config_set_argv(wasi_config_t*, size_t argc, const char* argv[]);
/// The arguments of this process.
WASI_API_EXTERN void wasi_config_inherit_argv(wasi_config_t*);
/// The environment variables.
WASI_API_EXTERN bool wasi_config_set_env(wasi_config_t*, size_t envc, const char* names[], const char* values[]);
/// The environment variables of this process.
WASI_API_EXTERN void wasi_config_inherit_env(wasi_config_t*);

/// Standard input: a file; bytes, which are taken over; or descriptor 0 of this process.
WASI_API_EXTERN bool wasi_config_set_stdin_file(wasi_config_t*, const char* path);
WASI_API_EXTERN void wasi_config_set_stdin_bytes(wasi_config_t*, own wasm_byte_vec_t* bytes);
WASI_API_EXTERN void wasi_config_inherit_stdin(wasi_config_t*);

/// Standard output and error: a file, which is made or emptied; descriptor 1 or 2 of this process; or a function. That gets
/// bytes and gives how many of them it took, at least 1, or a negative number: then the guest gets an error. It is called
/// on the guest's thread, and may call guests.
WASI_API_EXTERN bool wasi_config_set_stdout_file(wasi_config_t*, const char* path);
WASI_API_EXTERN void wasi_config_inherit_stdout(wasi_config_t*);
WASI_API_EXTERN void wasi_config_set_stdout_custom(wasi_config_t*,
                                                   ptrdiff_t (*callback)(void* data, const unsigned char* bytes,
                                                                         size_t size),
                                                   void* data, void (*finalizer)(void*));
WASI_API_EXTERN bool wasi_config_set_stderr_file(wasi_config_t*, const char* path);
WASI_API_EXTERN void wasi_config_inherit_stderr(wasi_config_t*);
WASI_API_EXTERN void wasi_config_set_stderr_custom(wasi_config_t*,
                                                   ptrdiff_t (*callback)(void* data, const unsigned char* bytes,
                                                                         size_t size),
                                                   void* data, void (*finalizer)(void*));

/// A directory of the host that the guest sees under that name, and may change or only read. It is opened by
/// mini_wasm_linker_define_wasi.
WASI_API_EXTERN bool wasi_config_preopen_dir(wasi_config_t*, const char* host_path, const char* guest_path,
                                             bool fs_mutable);

// --- Programs

/// Defines the functions of WASI for one program, which gets what the configuration says. The configuration is taken over.
/// The program, with its open files, exists as long as the store.
WASI_API_EXTERN own wasm_trap_t* mini_wasm_linker_define_wasi(mini_wasm_linker_t*, own wasi_config_t*);
/// Calls `_start` of a command, or `_initialize` of a reactor, and gives the program's exit code: 0 when it returns. The
/// store must have a linker with WASI.
WASI_API_EXTERN own wasm_trap_t* mini_wasm_wasi_run(const wasm_instance_t*, int32_t* exit_code);

// --- Output that is kept in memory; see mini_wasm::WasiBuffer

/// Receives what programs write. It may be deleted before them. Any thread may use it, at any time.
typedef struct mini_wasm_wasi_buffer_t mini_wasm_wasi_buffer_t;
/// A buffer that never holds more than so many bytes. What is beyond gives the guest an error (ENOSPC).
WASI_API_EXTERN own mini_wasm_wasi_buffer_t* mini_wasm_wasi_buffer_new(uint64_t max_bytes);
WASI_API_EXTERN void mini_wasm_wasi_buffer_delete(own mini_wasm_wasi_buffer_t*);
/// Gives the bytes that it holds; then there is room again.
WASI_API_EXTERN void mini_wasm_wasi_buffer_take(mini_wasm_wasi_buffer_t*, own wasm_byte_vec_t* out);
/// Whether a program has written more than there was room for.
WASI_API_EXTERN bool mini_wasm_wasi_buffer_overflowed(const mini_wasm_wasi_buffer_t*);
WASI_API_EXTERN bool mini_wasm_wasi_config_set_stdout_buffer(wasi_config_t*, const mini_wasm_wasi_buffer_t*);
WASI_API_EXTERN bool mini_wasm_wasi_config_set_stderr_buffer(wasi_config_t*, const mini_wasm_wasi_buffer_t*);
/// Standard input from a function, which puts at most `size` bytes into the buffer and gives their number: 0 is the end, a
/// negative number an error. For the rest it is like one for output.
WASI_API_EXTERN void mini_wasm_wasi_config_set_stdin_custom(wasi_config_t*,
                                                            ptrdiff_t (*callback)(void* data, unsigned char* buffer,
                                                                                  size_t size),
                                                            void* data, void (*finalizer)(void*));

// --- Files in memory; see mini_wasm::WasiFiles

/// A tree of files, which programs see as a directory. It may be deleted before them. Any thread may use it, at any time.
/// Paths are relative to its root.
typedef struct mini_wasm_wasi_files_t mini_wasm_wasi_files_t;
/// An empty tree, which never holds more than so many bytes and so many names. What is beyond gives a guest an error
/// (ENOSPC), and the host a trap of kind MINI_WASM_ERROR_LIMIT.
WASI_API_EXTERN own mini_wasm_wasi_files_t* mini_wasm_wasi_files_new(uint64_t max_bytes, uint64_t max_entries);
WASI_API_EXTERN void mini_wasm_wasi_files_delete(own mini_wasm_wasi_files_t*);
/// Makes a file, with the directories on its way, or replaces its content.
WASI_API_EXTERN own wasm_trap_t* mini_wasm_wasi_files_write(mini_wasm_wasi_files_t*, const char* path,
                                                            const wasm_byte_vec_t* content);
/// Makes a directory, with those on its way, unless it is there.
WASI_API_EXTERN own wasm_trap_t* mini_wasm_wasi_files_make_directory(mini_wasm_wasi_files_t*, const char* path);
/// The content of a file.
WASI_API_EXTERN own wasm_trap_t* mini_wasm_wasi_files_read(const mini_wasm_wasi_files_t*, const char* path,
                                                           own wasm_byte_vec_t* out);
/// Removes a file or an empty directory.
WASI_API_EXTERN own wasm_trap_t* mini_wasm_wasi_files_remove(mini_wasm_wasi_files_t*, const char* path);
/// The names in a directory ("" is the root), each with a zero at its end. That of a directory ends with a slash.
WASI_API_EXTERN own wasm_trap_t* mini_wasm_wasi_files_list(const mini_wasm_wasi_files_t*, const char* path,
                                                           own wasm_byte_vec_t* out);
/// How many bytes it holds.
WASI_API_EXTERN uint64_t mini_wasm_wasi_files_bytes(const mini_wasm_wasi_files_t*);
/// Shows the tree to the guest under that name. Programs may use the same tree, each to change it or only to read.
WASI_API_EXTERN bool mini_wasm_wasi_config_preopen_files(wasi_config_t*, const mini_wasm_wasi_files_t*,
                                                         const char* guest_path, bool fs_mutable);

// --- Time, random numbers, limits. With those chosen here, and no file of the host, a program does the same in each run

/// Clocks instead of those of the host; see mini_wasm::WasiClock. The functions must not call guests.
typedef struct mini_wasm_wasi_clock_t {
  uint64_t (*realtime)(void* data);                 // nanoseconds since 1970 (UTC)
  uint64_t (*monotonic)(void* data);                // nanoseconds, never going back
  void (*sleep)(void* data, uint64_t nanoseconds);  // null: the program looks at the clock from time to time
  uint64_t resolution;
  void* data;
  void (*finalizer)(void* data);
} mini_wasm_wasi_clock_t;
WASI_API_EXTERN bool mini_wasm_wasi_config_set_clock(wasi_config_t*, const mini_wasm_wasi_clock_t*);
/// Time that begins with `start` and passes only when the program looks at it (`tick` each time) or sleeps (at once).
WASI_API_EXTERN bool mini_wasm_wasi_config_set_virtual_time(wasi_config_t*, uint64_t start, uint64_t tick);
/// Random numbers from a function, which fills `size` bytes and must not call guests.
WASI_API_EXTERN bool mini_wasm_wasi_config_set_random(wasi_config_t*,
                                                      void (*fill)(void* data, unsigned char* bytes, size_t size),
                                                      void* data, void (*finalizer)(void*));
/// Random numbers that are the same for the same seed.
WASI_API_EXTERN bool mini_wasm_wasi_config_set_random_seed(wasi_config_t*, uint64_t seed);
/// See mini_wasm::WasiConfig::max_open_files and max_written.
WASI_API_EXTERN void mini_wasm_wasi_config_set_max_open_files(wasi_config_t*, uint32_t count);
WASI_API_EXTERN void mini_wasm_wasi_config_set_max_written(wasi_config_t*, uint64_t bytes);

#undef own

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // WASI_H
