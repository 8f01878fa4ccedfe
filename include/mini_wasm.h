/// @file
/// What mini-wasm adds to the C API of wasm.h: settings, limits, reasons of traps, a linker, the text format, calls without
/// conversions. All rules of wasm.h hold here, too: ownership, failure, threads. (The C++ API is mini_wasm/mini_wasm.h.)
///
/// A function that returns `own wasm_trap_t*` gives null when all went well. Its `out` is set only then.
#ifndef MINI_WASM_C_H
#define MINI_WASM_C_H

#include <mini_wasm/version.h>
#include <wasm.h>

#ifdef __cplusplus
extern "C" {
#endif

#define own

/// The version of the library that is running, for example "0.1.0". MINI_WASM_VERSION is that of the headers.
WASM_API_EXTERN const char* mini_wasm_version(void);

// --- Settings of an engine

/// How functions are executed; see mini_wasm::Tier.
enum mini_wasm_tier_enum {
  MINI_WASM_TIER_INTERPRETER,
  MINI_WASM_TIER_JIT,
  MINI_WASM_TIER_AUTOMATIC,
};
typedef uint8_t mini_wasm_tier_t;

// Each function sets what the member of the same name of mini_wasm::Config is; mini_wasm/config.h explains it. False: not
// such a value.
WASM_API_EXTERN bool mini_wasm_config_set_tier(wasm_config_t*, mini_wasm_tier_t);
/// Turns a feature (a proposal) on or off. False: unknown name.
WASM_API_EXTERN bool mini_wasm_config_set_feature(wasm_config_t*, const char* name, bool on);
WASM_API_EXTERN void mini_wasm_config_set_hot_after(wasm_config_t*, uint32_t executions);
WASM_API_EXTERN void mini_wasm_config_set_eager(wasm_config_t*, bool on);
WASM_API_EXTERN void mini_wasm_config_set_lazy_validation(wasm_config_t*, bool on);
WASM_API_EXTERN void mini_wasm_config_set_guard_pages(wasm_config_t*, bool on);
WASM_API_EXTERN void mini_wasm_config_set_stack_size(wasm_config_t*, uint64_t bytes);
WASM_API_EXTERN void mini_wasm_config_set_max_host_depth(wasm_config_t*, uint32_t calls);
WASM_API_EXTERN void mini_wasm_config_set_speculation_guards(wasm_config_t*, bool on);
WASM_API_EXTERN void mini_wasm_config_set_pool_size(wasm_config_t*, uint32_t count);
WASM_API_EXTERN void mini_wasm_config_set_pool_bytes(wasm_config_t*, uint64_t bytes);
WASM_API_EXTERN void mini_wasm_config_set_cache_bytes(wasm_config_t*, uint64_t bytes);
WASM_API_EXTERN void mini_wasm_config_set_fuel(wasm_config_t*, bool on);
WASM_API_EXTERN void mini_wasm_config_set_gc_stress(wasm_config_t*, bool on);
/// False: no memory left.
WASM_API_EXTERN bool mini_wasm_config_set_cache_dir(wasm_config_t*, const char* path);
WASM_API_EXTERN bool mini_wasm_config_set_cache_key_file(wasm_config_t*, const char* path);

// --- Stores

/// Limits of a store; see mini_wasm::StoreLimits.
typedef struct mini_wasm_limits_t {
  uint64_t memory_bytes;    // of each memory
  uint64_t table_elements;  // of each table
  uint64_t gc_heap_bytes;
  uint64_t total_bytes;
  uint32_t instances;
  uint32_t memories;
  uint32_t tables;
} mini_wasm_limits_t;

/// Sets every limit to the highest value, which is what wasm_store_new has.
WASM_API_EXTERN void mini_wasm_limits_init(mini_wasm_limits_t* out);
/// A store with limits. Fill them in after mini_wasm_limits_init, so that those of later versions are set.
WASM_API_EXTERN own wasm_store_t* mini_wasm_store_new(wasm_engine_t*, const mini_wasm_limits_t*);
/// Makes running code trap with `interrupted`, until mini_wasm_store_clear_interrupt. Any thread may call both, while the
/// store exists. A deadline is a thread or a timer of the program that calls this.
WASM_API_EXTERN void mini_wasm_store_interrupt(wasm_store_t*);
WASM_API_EXTERN void mini_wasm_store_clear_interrupt(wasm_store_t*);
/// Gives guests of this store so many units of fuel, whatever was left; a guest that has used them up traps with
/// `out_of_fuel`. docs/limits.md says what is counted. False: the engine was made without fuel
/// (mini_wasm_config_set_fuel), or there are more than INT64_MAX units.
WASM_API_EXTERN bool mini_wasm_store_set_fuel(wasm_store_t*, uint64_t units);
/// The units that are left. A new store has none.
WASM_API_EXTERN uint64_t mini_wasm_store_fuel(const wasm_store_t*);
/// The bytes that count for `total_bytes`.
WASM_API_EXTERN uint64_t mini_wasm_store_used_bytes(const wasm_store_t*);
/// Frees objects that no guest refers to, and calls the finalizers of foreign objects among them.
WASM_API_EXTERN void mini_wasm_store_collect_garbage(wasm_store_t*);

// --- Kinds of values beside those of wasm_valkind_enum

enum mini_wasm_valkind_enum {
  MINI_WASM_V128 = 4,      // only as a type: a wasm_val_t has no room for it
  MINI_WASM_ANYREF = 130,  // any type of the garbage-collection proposal; its objects are wasm_ref_t of no other kind
  MINI_WASM_EXNREF = 131,  // an exception
};

// --- Why a call failed

/// What kind of failure a trap is; see mini_wasm::ErrorKind.
enum mini_wasm_error_kind_enum {
  MINI_WASM_ERROR_MALFORMED,   // the bytes are not a module
  MINI_WASM_ERROR_INVALID,     // the module does not validate
  MINI_WASM_ERROR_UNLINKABLE,  // an import is missing or has the wrong type
  MINI_WASM_ERROR_TRAP,        // running code trapped: mini_wasm_trap_code
  MINI_WASM_ERROR_EXCEPTION,   // an exception of the guest was not caught
  MINI_WASM_ERROR_EXIT,        // the guest asked to end: mini_wasm_trap_exit_code
  MINI_WASM_ERROR_HOST,        // a host function failed, for example with wasm_trap_new
  MINI_WASM_ERROR_IO,          // a file could not be used
  MINI_WASM_ERROR_USAGE,       // the call was wrong
  MINI_WASM_ERROR_WAITING,     // not given to programs in C
  MINI_WASM_ERROR_LIMIT,       // a limit was reached, or no memory is left
};
typedef uint8_t mini_wasm_error_kind_t;

/// The reasons of traps: MINI_WASM_TRAP_unreachable and so on, one for each row of mini_wasm/traps.def.
enum mini_wasm_trap_code_enum {
  MINI_WASM_TRAP_none,
#define TRAP(id, message) MINI_WASM_TRAP_##id,
#include <mini_wasm/traps.def>
#undef TRAP
};
typedef uint8_t mini_wasm_trap_code_t;

WASM_API_EXTERN mini_wasm_error_kind_t mini_wasm_trap_kind(const wasm_trap_t*);
/// For kind MINI_WASM_ERROR_TRAP, else MINI_WASM_TRAP_none.
WASM_API_EXTERN mini_wasm_trap_code_t mini_wasm_trap_code(const wasm_trap_t*);
/// For kind MINI_WASM_ERROR_EXIT, else 0.
WASM_API_EXTERN int32_t mini_wasm_trap_exit_code(const wasm_trap_t*);
/// The byte offset of a fault in a module, or in a text; UINT64_MAX when there is none.
WASM_API_EXTERN uint64_t mini_wasm_trap_offset(const wasm_trap_t*);
/// The message with its kind and position, and a zero at its end.
WASM_API_EXTERN void mini_wasm_trap_describe(const wasm_trap_t*, own wasm_message_t* out);
/// The frames of guest and host as text, one line each, innermost first, and a zero at its end.
WASM_API_EXTERN void mini_wasm_trap_backtrace(const wasm_trap_t*, own wasm_message_t* out);
/// A trap of the guest, as an instruction makes it. Null for MINI_WASM_TRAP_none and unknown codes.
WASM_API_EXTERN own wasm_trap_t* mini_wasm_trap_new(wasm_store_t*, mini_wasm_trap_code_t);
/// Ends the guest with an exit code, as WASI's proc_exit does.
WASM_API_EXTERN own wasm_trap_t* mini_wasm_trap_new_exit(wasm_store_t*, int32_t code);

// --- Modules and instances

/// The text format to the binary format. `text` has `size` bytes.
WASM_API_EXTERN own wasm_trap_t* mini_wasm_wat2wasm(const char* text, size_t size, own wasm_byte_vec_t* out);
/// wasm_module_new, but it says what is wrong. The bytes are a binary module, or one in the text format.
WASM_API_EXTERN own wasm_trap_t* mini_wasm_module_new(wasm_store_t*, const wasm_byte_vec_t* bytes,
                                                      own wasm_module_t** out);
/// The name from the name section. May be empty.
WASM_API_EXTERN void mini_wasm_module_name(const wasm_module_t*, own wasm_name_t* out);
/// The export of that name; null when there is none.
WASM_API_EXTERN own wasm_extern_t* mini_wasm_instance_export(const wasm_instance_t*, const char* name);

// --- Linker

/// Gives names to what modules import. Keeps its store alive.
typedef struct mini_wasm_linker_t mini_wasm_linker_t;
WASM_API_EXTERN own mini_wasm_linker_t* mini_wasm_linker_new(wasm_store_t*);
WASM_API_EXTERN void mini_wasm_linker_delete(own mini_wasm_linker_t*);
/// Defines `module` `name`, or replaces its definition.
WASM_API_EXTERN own wasm_trap_t* mini_wasm_linker_define(mini_wasm_linker_t*, const char* module, const char* name,
                                                         const wasm_extern_t*);
/// Defines every export of the instance.
WASM_API_EXTERN own wasm_trap_t* mini_wasm_linker_define_instance(mini_wasm_linker_t*, const char* module,
                                                                  const wasm_instance_t*);
/// What is defined by that name; null when nothing is.
WASM_API_EXTERN own wasm_extern_t* mini_wasm_linker_get(const mini_wasm_linker_t*, const char* module,
                                                        const char* name);
/// Instantiates a module with what it imports, and runs its start function. The trap lists imports that are missing.
WASM_API_EXTERN own wasm_trap_t* mini_wasm_linker_instantiate(const mini_wasm_linker_t*, const wasm_module_t*,
                                                              own wasm_instance_t** out);

// --- Calls without conversions

/// Calls a function without any check of arguments: `slots` holds them and receives the results, the first value at
/// slots[0], with room for whichever needs more. A value takes one slot of 8 bytes, a v128 two; a 32-bit value is in the
/// low half of its slot. A reference is what a guest gave in such a slot, in this store, and null is 0.
WASM_API_EXTERN own wasm_trap_t* mini_wasm_func_call_unchecked(const wasm_func_t*, uint64_t* slots);

/// Who called a host function. Valid only during that call.
typedef struct mini_wasm_caller_t mini_wasm_caller_t;
/// The memory that the calling instance exports under that name; for a null name, its first memory, exported or not. Null
/// when there is none.
WASM_API_EXTERN own wasm_memory_t* mini_wasm_caller_memory(mini_wasm_caller_t*, const char* name);
/// The calling instance; null when the host called the function directly.
WASM_API_EXTERN own wasm_instance_t* mini_wasm_caller_instance(mini_wasm_caller_t*);
/// The bytes of the calling instance's first memory, and their number. Null and 0 when it has none.
WASM_API_EXTERN byte_t* mini_wasm_caller_data(mini_wasm_caller_t*, size_t* size);

/// The code of a host function that reads its arguments from slots and writes its results there.
typedef own wasm_trap_t* (*mini_wasm_func_callback_t)(void* env, mini_wasm_caller_t* caller, uint64_t* slots);
/// Like wasm_func_new_with_env. The types may have v128.
WASM_API_EXTERN own wasm_func_t* mini_wasm_func_new(wasm_store_t*, const wasm_functype_t*, mini_wasm_func_callback_t,
                                                    void* env, void (*finalizer)(void*));

#undef own

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // MINI_WASM_C_H
