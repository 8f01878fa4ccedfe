// What libunwind does for compiled C++ on WebAssembly, where the engine unwinds: throwing, and the call of the
// personality function that each landing pad makes (the interface is clang's: WebAssemblyExceptionInfo, WasmEHPrepare).
#include <stddef.h>
#include <stdint.h>
#include <unwind.h>

// The tag of all C++ exceptions: the address of the exception object.
__asm__(
    ".globl __cpp_exception\n"
    ".tagtype __cpp_exception i32\n"
    "__cpp_exception:\n");

_Unwind_Reason_Code __gxx_personality_wasm0(int version, _Unwind_Action actions, uint64_t exception_class,
                                            struct _Unwind_Exception* exception, struct _Unwind_Context* context);

// The landing pad fills in the first two and reads the third.
struct LandingPad {
  uintptr_t index;
  uintptr_t lsda;
  uintptr_t selector;
} __wasm_lpad_context;

static struct LandingPad* pad(struct _Unwind_Context* context) { return (struct LandingPad*)context; }

_Unwind_Reason_Code _Unwind_CallPersonality(void* exception_pointer) {
  struct _Unwind_Exception* exception = exception_pointer;
  __wasm_lpad_context.selector = 0;
  return __gxx_personality_wasm0(1, _UA_CLEANUP_PHASE, exception->exception_class, exception,
                                 (struct _Unwind_Context*)&__wasm_lpad_context);
}

_Unwind_Reason_Code _Unwind_RaiseException(struct _Unwind_Exception* exception) {
  __builtin_wasm_throw(0, exception);  // tag 0 is C++'s
}

void _Unwind_DeleteException(struct _Unwind_Exception* exception) {
  if (exception->exception_cleanup != NULL) {
    (*exception->exception_cleanup)(_URC_FOREIGN_EXCEPTION_CAUGHT, exception);
  }
}

// Register 1 is the selector; the personality function counts landing pads from 1 and looks behind the call.
void _Unwind_SetGR(struct _Unwind_Context* context, int index, _Unwind_Word value) {
  if (index == 1) pad(context)->selector = value;
}
void _Unwind_SetIP(struct _Unwind_Context* context, _Unwind_Word value) {}
_Unwind_Word _Unwind_GetIP(struct _Unwind_Context* context) { return pad(context)->index + 2; }
void* _Unwind_GetLanguageSpecificData(struct _Unwind_Context* context) { return (void*)pad(context)->lsda; }
_Unwind_Ptr _Unwind_GetRegionStart(struct _Unwind_Context* context) { return 0; }

// libc++abi's allocation of exceptions, without its reserve for when memory is short.
void* malloc(size_t);
void* calloc(size_t, size_t);
void free(void*);
void* __aligned_malloc_with_fallback(size_t size) { return malloc(size); }
void __aligned_free_with_fallback(void* p) { free(p); }
