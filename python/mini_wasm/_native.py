"""The C API as ctypes sees it: finds the shared library and declares what the package uses of it."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
from ctypes import POINTER, c_bool, c_char_p, c_double, c_float, c_int32, c_int64, c_size_t, c_uint8, c_uint32, c_uint64
from ctypes import c_void_p as ptr
from pathlib import Path
from typing import Any, Callable, Optional

# The name of the library of this version, which the system's loader knows where the library is installed.
_SONAME = "libmini_wasm.so.0"


def _candidates() -> list[str]:
    chosen = os.environ.get("MINI_WASM_LIBRARY")
    if chosen:
        return [chosen]
    beside = sorted(str(path) for path in Path(__file__).parent.glob("libmini_wasm.so*"))
    found = ctypes.util.find_library("mini_wasm")
    return beside + [_SONAME] + ([found] if found else [])


def _load() -> ctypes.CDLL:
    problems = []
    for name in _candidates():
        try:
            return ctypes.CDLL(name)
        except OSError as error:
            problems.append(str(error))
    raise ImportError(
        "the mini-wasm library was not found; install it (libmini_wasm.so), put it beside the package, "
        "or name it in MINI_WASM_LIBRARY: " + "; ".join(problems)
    )


lib = _load()


class ByteVec(ctypes.Structure):
    """wasm_byte_vec_t"""

    _fields_ = [("size", c_size_t), ("data", ptr)]

    def take(self) -> bytes:
        """The content, as bytes; the vector is empty afterwards."""
        content = ctypes.string_at(self.data, self.size) if self.size else b""
        lib.wasm_byte_vec_delete(ctypes.byref(self))
        return content

    def text(self) -> str:
        """The same as text, without a zero at its end."""
        return self.take().rstrip(b"\0").decode("utf-8", "replace")


class PointerVec(ctypes.Structure):
    """A vector of pointers: wasm_extern_vec_t and its like."""

    _fields_ = [("size", c_size_t), ("data", POINTER(ptr))]


class _Of(ctypes.Union):
    _fields_ = [("i32", c_int32), ("i64", c_int64), ("f32", c_float), ("f64", c_double), ("ref", ptr)]


class Val(ctypes.Structure):
    """wasm_val_t"""

    _fields_ = [("kind", c_uint8), ("of", _Of)]


class ValVec(ctypes.Structure):
    """wasm_val_vec_t"""

    _fields_ = [("size", c_size_t), ("data", POINTER(Val))]


class Limits(ctypes.Structure):
    """wasm_limits_t"""

    _fields_ = [("min", c_uint32), ("max", c_uint32)]


class StoreLimits(ctypes.Structure):
    """mini_wasm_limits_t"""

    _fields_ = [
        (name, c_uint64) for name in ("memory_bytes", "table_elements", "gc_heap_bytes", "total_bytes")
    ] + [(name, c_uint32) for name in ("instances", "memories", "tables")]


NO_MAXIMUM = 0xFFFFFFFF
Callback = ctypes.CFUNCTYPE(ptr, ptr, ptr, POINTER(ValVec), POINTER(ValVec))
Finalizer = ctypes.CFUNCTYPE(None, ptr)


def _declare(result: Any, signatures: str, *arguments: Any) -> None:
    for name in signatures.split():
        try:
            function = getattr(lib, name)
        except AttributeError:
            raise ImportError(f"{lib._name} is not the library of this version: it has no {name}") from None
        function.restype = result
        function.argtypes = arguments


_declare(c_char_p, "mini_wasm_version")
_declare(ptr, "wasm_config_new")
_declare(ptr, "wasm_engine_new_with_config wasm_store_new", ptr)
_declare(ptr, "mini_wasm_store_new", ptr, POINTER(StoreLimits))
_declare(None, "mini_wasm_limits_init", POINTER(StoreLimits))
_declare(
    None,
    """wasm_config_delete wasm_engine_delete wasm_store_delete wasm_module_delete wasm_instance_delete wasm_extern_delete
    wasm_ref_delete wasm_trap_delete wasm_frame_delete wasm_functype_delete wasm_globaltype_delete wasm_tabletype_delete
    wasm_memorytype_delete wasm_externtype_delete mini_wasm_linker_delete mini_wasm_store_interrupt
    mini_wasm_store_clear_interrupt mini_wasm_store_collect_garbage""",
    ptr,
)
_declare(c_bool, "mini_wasm_config_set_tier", ptr, c_uint8)
_declare(c_bool, "mini_wasm_config_set_feature", ptr, c_char_p, c_bool)
_declare(
    None,
    """mini_wasm_config_set_eager mini_wasm_config_set_lazy_validation mini_wasm_config_set_guard_pages
    mini_wasm_config_set_speculation_guards mini_wasm_config_set_fuel mini_wasm_config_set_gc_stress""",
    ptr,
    c_bool,
)
_declare(
    None, "mini_wasm_config_set_hot_after mini_wasm_config_set_max_host_depth mini_wasm_config_set_pool_size", ptr, c_uint32
)
_declare(
    None, "mini_wasm_config_set_stack_size mini_wasm_config_set_pool_bytes mini_wasm_config_set_cache_bytes", ptr, c_uint64
)
_declare(c_bool, "mini_wasm_config_set_cache_dir mini_wasm_config_set_cache_key_file", ptr, c_char_p)
_declare(c_bool, "mini_wasm_store_set_fuel", ptr, c_uint64)
_declare(c_uint64, "mini_wasm_store_fuel mini_wasm_store_used_bytes mini_wasm_trap_offset", ptr)

_declare(None, "wasm_byte_vec_new", POINTER(ByteVec), c_size_t, c_char_p)
_declare(None, "wasm_byte_vec_delete", POINTER(ByteVec))
_declare(None, "wasm_valtype_vec_new", POINTER(PointerVec), c_size_t, POINTER(ptr))
_declare(
    None, "wasm_extern_vec_delete wasm_importtype_vec_delete wasm_exporttype_vec_delete wasm_frame_vec_delete", POINTER(PointerVec)
)

_declare(ptr, "wasm_valtype_new", c_uint8)
_declare(c_uint8, "wasm_valtype_kind wasm_externtype_kind wasm_extern_kind wasm_globaltype_mutability", ptr)
_declare(ptr, "wasm_functype_new", POINTER(PointerVec), POINTER(PointerVec))
_declare(POINTER(PointerVec), "wasm_functype_params wasm_functype_results", ptr)
_declare(ptr, "wasm_globaltype_new", ptr, c_uint8)
_declare(ptr, "wasm_tabletype_new", ptr, POINTER(Limits))
_declare(ptr, "wasm_memorytype_new", POINTER(Limits))
_declare(POINTER(Limits), "wasm_tabletype_limits wasm_memorytype_limits", ptr)
_declare(
    ptr,
    """wasm_globaltype_content wasm_tabletype_element wasm_externtype_as_functype wasm_externtype_as_globaltype
    wasm_externtype_as_tabletype wasm_externtype_as_memorytype wasm_importtype_type wasm_exporttype_type""",
    ptr,
)
_declare(POINTER(ByteVec), "wasm_importtype_module wasm_importtype_name wasm_exporttype_name", ptr)

_declare(ptr, "mini_wasm_module_new", ptr, POINTER(ByteVec), POINTER(ptr))
_declare(ptr, "mini_wasm_wat2wasm", c_char_p, c_size_t, POINTER(ByteVec))
_declare(ptr, "wasm_module_deserialize", ptr, POINTER(ByteVec))
_declare(None, "wasm_module_serialize mini_wasm_module_name", ptr, POINTER(ByteVec))
_declare(None, "wasm_module_imports wasm_module_exports wasm_instance_exports", ptr, POINTER(PointerVec))
_declare(ptr, "wasm_instance_new", ptr, ptr, POINTER(PointerVec), POINTER(ptr))

_declare(ptr, "wasm_trap_new", ptr, POINTER(ByteVec))
_declare(None, "wasm_trap_message mini_wasm_trap_describe mini_wasm_trap_backtrace", ptr, POINTER(ByteVec))
_declare(None, "wasm_trap_trace", ptr, POINTER(PointerVec))
_declare(c_uint8, "mini_wasm_trap_kind mini_wasm_trap_code", ptr)
_declare(c_int32, "mini_wasm_trap_exit_code", ptr)
_declare(ptr, "mini_wasm_trap_new_exit", ptr, c_int32)
_declare(c_uint32, "wasm_frame_func_index", ptr)
_declare(c_size_t, "wasm_frame_func_offset wasm_frame_module_offset", ptr)

_declare(ptr, "mini_wasm_func_new_with_vals", ptr, ptr, Callback, ptr, ptr)
_declare(ptr, "wasm_func_call", ptr, POINTER(ValVec), POINTER(ValVec))
_declare(ptr, "wasm_extern_type wasm_extern_copy wasm_ref_copy wasm_foreign_new", ptr)
_declare(
    ptr,
    """wasm_extern_as_ref wasm_ref_as_foreign wasm_ref_as_extern wasm_instance_as_ref wasm_ref_as_instance
    wasm_foreign_as_ref wasm_instance_copy""",
    ptr,
)
_declare(ptr, "wasm_ref_get_host_info", ptr)
_declare(None, "wasm_ref_set_host_info_with_finalizer", ptr, ptr, Finalizer)
_declare(c_bool, "wasm_ref_same", ptr, ptr)
_declare(ptr, "wasm_global_new", ptr, ptr, POINTER(Val))
_declare(None, "wasm_global_get", ptr, POINTER(Val))
_declare(None, "wasm_global_set", ptr, POINTER(Val))
_declare(ptr, "wasm_table_new", ptr, ptr, ptr)
_declare(ptr, "wasm_table_get", ptr, c_uint32)
_declare(c_bool, "wasm_table_set wasm_table_grow", ptr, c_uint32, ptr)
_declare(c_uint32, "wasm_table_size wasm_memory_size", ptr)
_declare(ptr, "wasm_memory_new", ptr, ptr)
_declare(ptr, "wasm_memory_data", ptr)
_declare(c_size_t, "wasm_memory_data_size", ptr)
_declare(c_bool, "wasm_memory_grow", ptr, c_uint32)

_declare(ptr, "mini_wasm_linker_new", ptr)
_declare(ptr, "mini_wasm_linker_define", ptr, c_char_p, c_char_p, ptr)
_declare(ptr, "mini_wasm_linker_define_instance", ptr, c_char_p, ptr)
_declare(ptr, "mini_wasm_linker_get", ptr, c_char_p, c_char_p)
_declare(ptr, "mini_wasm_linker_instantiate", ptr, ptr, POINTER(ptr))

_declare(ptr, "mini_wasm_deadline_new", ptr, c_uint64, POINTER(ptr))
_declare(ptr, "mini_wasm_async_call_new", ptr, POINTER(ValVec), POINTER(ptr))
_declare(ptr, "mini_wasm_async_call_resume", ptr, POINTER(c_uint8))
_declare(ptr, "mini_wasm_async_call_complete mini_wasm_async_call_results", ptr, POINTER(ValVec))
_declare(ptr, "mini_wasm_async_call_fail", ptr, ptr)
_declare(ptr, "mini_wasm_caller_suspend", ptr)
_declare(None, "mini_wasm_deadline_delete mini_wasm_async_call_delete", ptr)

#: Whether the library has WASI: it can be built without.
HAS_WASI = hasattr(lib, "wasi_config_new")
if HAS_WASI:
    _declare(ptr, "wasi_config_new")
    _declare(
        None,
        """wasi_config_delete wasi_config_inherit_stdin wasi_config_inherit_stdout wasi_config_inherit_stderr
        mini_wasm_wasi_buffer_delete mini_wasm_wasi_files_delete""",
        ptr,
    )
    _declare(c_bool, "wasi_config_set_argv", ptr, c_size_t, POINTER(c_char_p))
    _declare(c_bool, "wasi_config_set_env", ptr, c_size_t, POINTER(c_char_p), POINTER(c_char_p))
    _declare(None, "wasi_config_set_stdin_bytes mini_wasm_wasi_buffer_take", ptr, POINTER(ByteVec))
    _declare(c_bool, "wasi_config_preopen_dir", ptr, c_char_p, c_char_p, c_bool)
    _declare(ptr, "mini_wasm_wasi_buffer_new", c_uint64)
    _declare(c_bool, "mini_wasm_wasi_config_set_stdout_buffer mini_wasm_wasi_config_set_stderr_buffer", ptr, ptr)
    _declare(ptr, "mini_wasm_wasi_files_new", c_uint64, c_uint64)
    _declare(
        ptr, "mini_wasm_wasi_files_write mini_wasm_wasi_files_read mini_wasm_wasi_files_list", ptr, c_char_p, POINTER(ByteVec)
    )
    _declare(ptr, "mini_wasm_wasi_files_make_directory mini_wasm_wasi_files_remove", ptr, c_char_p)
    _declare(c_uint64, "mini_wasm_wasi_files_bytes", ptr)
    _declare(c_bool, "mini_wasm_wasi_config_preopen_files", ptr, ptr, c_char_p, c_bool)
    _declare(c_bool, "mini_wasm_wasi_config_set_random_seed", ptr, c_uint64)
    _declare(c_bool, "mini_wasm_wasi_config_set_virtual_time", ptr, c_uint64, c_uint64)
    _declare(None, "mini_wasm_wasi_config_set_max_open_files", ptr, c_uint32)
    _declare(None, "mini_wasm_wasi_config_set_max_written", ptr, c_uint64)
    _declare(ptr, "mini_wasm_linker_define_wasi", ptr, ptr)
    _declare(ptr, "mini_wasm_wasi_run", ptr, POINTER(c_int32))


def byte_vec(content: bytes) -> ByteVec:
    """A vector that borrows the bytes, which must exist as long as it."""
    return ByteVec(len(content), ctypes.cast(ctypes.c_char_p(content), ptr).value)
