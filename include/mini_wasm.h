/// @file
/// What mini-wasm adds to the C API of wasm.h: settings, limits, deadlines, reasons of traps, a linker, the text format,
/// calls without conversions, calls that can wait. All rules of wasm.h hold here, too: ownership, failure, threads. (WASI
/// is in wasi.h, the C++ API in mini_wasm/mini_wasm.h.)
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
/// store exists.
WASM_API_EXTERN void mini_wasm_store_interrupt(wasm_store_t*);
WASM_API_EXTERN void mini_wasm_store_clear_interrupt(wasm_store_t*);

/// The same for a store that may be gone; see mini_wasm::InterruptHandle. Any thread may use it, at any time. It does not
/// keep the store.
typedef struct mini_wasm_interrupt_handle_t mini_wasm_interrupt_handle_t;
WASM_API_EXTERN own mini_wasm_interrupt_handle_t* mini_wasm_interrupt_handle_new(wasm_store_t*);
WASM_API_EXTERN void mini_wasm_interrupt_handle_delete(own mini_wasm_interrupt_handle_t*);
/// False: the store is gone, or there was not enough memory when the handle was made.
WASM_API_EXTERN bool mini_wasm_interrupt_handle_interrupt(const mini_wasm_interrupt_handle_t*);
WASM_API_EXTERN bool mini_wasm_interrupt_handle_clear(const mini_wasm_interrupt_handle_t*);

/// While it exists, running code of the store is interrupted from a point in time on; see mini_wasm::Deadline. The thread
/// rule is that of the store, which it does not keep.
typedef struct mini_wasm_deadline_t mini_wasm_deadline_t;
/// A deadline in so many nanoseconds from now. With 0, or when the time has passed, code of the store traps at once, until
/// the deadline is deleted.
WASM_API_EXTERN own wasm_trap_t* mini_wasm_deadline_new(wasm_store_t*, uint64_t nanoseconds,
                                                        own mini_wasm_deadline_t** out);
WASM_API_EXTERN void mini_wasm_deadline_delete(own mini_wasm_deadline_t*);

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
  MINI_WASM_ERROR_WAITING,     // what mini_wasm_caller_suspend gives
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

/// The code of a host function that gets values, like a wasm_func_callback_with_env_t, and its caller.
typedef own wasm_trap_t* (*mini_wasm_func_callback_with_vals_t)(void* env, mini_wasm_caller_t* caller,
                                                                const wasm_val_vec_t* args, wasm_val_vec_t* results);
/// Like wasm_func_new_with_env.
WASM_API_EXTERN own wasm_func_t* mini_wasm_func_new_with_vals(wasm_store_t*, const wasm_functype_t*,
                                                              mini_wasm_func_callback_with_vals_t, void* env,
                                                              void (*finalizer)(void*));

/// The code of a host function that reads its arguments from slots and writes its results there.
typedef own wasm_trap_t* (*mini_wasm_func_callback_t)(void* env, mini_wasm_caller_t* caller, uint64_t* slots);
/// Like wasm_func_new_with_env. The types may have v128.
WASM_API_EXTERN own wasm_func_t* mini_wasm_func_new(wasm_store_t*, const wasm_functype_t*, mini_wasm_func_callback_t,
                                                    void* env, void (*finalizer)(void*));

// --- Calls that can wait, without keeping a thread or a stack; see mini_wasm::AsyncCall and docs/waiting.md

/// A call. Keeps its store. May be deleted while its guest waits, which then never goes on.
typedef struct mini_wasm_async_call_t mini_wasm_async_call_t;

enum mini_wasm_async_state_enum {
  MINI_WASM_ASYNC_READY,     // mini_wasm_async_call_resume lets it begin or go on
  MINI_WASM_ASYNC_RUNNING,   // its guest runs, or a host function that it has called
  MINI_WASM_ASYNC_WAITING,   // mini_wasm_async_call_complete or _fail must come next
  MINI_WASM_ASYNC_FINISHED,  // it has returned, or ended with a trap
};
typedef uint8_t mini_wasm_async_state_t;

/// Prepares a call; the first mini_wasm_async_call_resume begins it.
WASM_API_EXTERN own wasm_trap_t* mini_wasm_async_call_new(const wasm_func_t*, const wasm_val_vec_t* args,
                                                          own mini_wasm_async_call_t** out);
WASM_API_EXTERN void mini_wasm_async_call_delete(own mini_wasm_async_call_t*);
/// Runs the guest until it waits, has finished, or has used up its fuel (MINI_WASM_ASYNC_READY), and says which. The trap
/// is that of the guest, and then the call has finished; or of kind MINI_WASM_ERROR_USAGE (the call is not ready, or a call
/// of the store is running), after which nothing has changed.
WASM_API_EXTERN own wasm_trap_t* mini_wasm_async_call_resume(mini_wasm_async_call_t*, mini_wasm_async_state_t* out);
/// Gives the results of the host function that made the guest wait.
WASM_API_EXTERN own wasm_trap_t* mini_wasm_async_call_complete(mini_wasm_async_call_t*, const wasm_val_vec_t* results);
/// The host function fails with this trap instead.
WASM_API_EXTERN own wasm_trap_t* mini_wasm_async_call_fail(mini_wasm_async_call_t*, own wasm_trap_t*);
WASM_API_EXTERN mini_wasm_async_state_t mini_wasm_async_call_state(const mini_wasm_async_call_t*);
/// What the function has returned: fills `results`, as wasm_func_call does.
WASM_API_EXTERN own wasm_trap_t* mini_wasm_async_call_results(const mini_wasm_async_call_t*, wasm_val_vec_t* results);
/// Whether the guest stops when it has used up the fuel of its store (mini_wasm_store_set_fuel), so that it can go on later,
/// instead of trapping. At first it traps.
WASM_API_EXTERN void mini_wasm_async_call_set_yields(mini_wasm_async_call_t*, bool on);
/// A pointer for the host functions of this call.
WASM_API_EXTERN void mini_wasm_async_call_set_data(mini_wasm_async_call_t*, void*);
/// That pointer; null if the guest cannot wait here.
WASM_API_EXTERN void* mini_wasm_caller_async_data(mini_wasm_caller_t*);
/// Makes the guest wait: the host function returns the trap that this gives, of kind MINI_WASM_ERROR_WAITING. A trap of kind
/// MINI_WASM_ERROR_USAGE says that the guest cannot wait here: it was not called by a mini_wasm_async_call_t, or another
/// host function is between. It ends the guest if it is returned.
WASM_API_EXTERN own wasm_trap_t* mini_wasm_caller_suspend(mini_wasm_caller_t*);

#undef own

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // MINI_WASM_C_H
