"""Exceptions."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import NoReturn

from . import _native as native
from ._native import lib


@dataclass(frozen=True)
class Frame:
    """One frame of guest code."""

    func_index: int
    #: Byte offset of the instruction in the body of its function, and in the module.
    func_offset: int
    module_offset: int


class WasmError(Exception):
    """Anything that the engine reports. `backtrace` has one line per frame of guest and host, innermost first."""

    backtrace: str = ""
    frames: tuple[Frame, ...] = ()

    def __str__(self) -> str:
        message = super().__str__()
        return message + "\n" + self.backtrace.rstrip() if self.backtrace else message


class CompileError(WasmError):
    """The bytes are not a valid module. `offset` is that of the fault in the binary module or in the text."""

    offset: int | None = None


class LinkError(WasmError):
    """An import is missing or has the wrong type."""


class Trap(WasmError):
    """Running code trapped; or a host function ended it, as `code` "host" says."""

    code: str = ""


class GuestException(WasmError):
    """An exception of the guest was not caught."""


class Exit(WasmError):
    """The guest asked to end; also raised by a host function to end its guest."""

    def __init__(self, code: int = 0) -> None:
        super().__init__(f"exit with code {code}")
        self.code = code


class UsageError(WasmError, TypeError):
    """The call was wrong: wrong arguments, an object of another store."""


class LimitError(WasmError, MemoryError):
    """A limit was reached, or no memory is left."""


# By mini_wasm_error_kind_t.
_KINDS = (
    CompileError,
    CompileError,
    LinkError,
    Trap,
    GuestException,
    Exit,
    Trap,
    WasmError,
    UsageError,
    WasmError,
    LimitError,
)
_HOST, _EXIT = 6, 5
_NO_OFFSET = 2**64 - 1


def _frames(trap: int) -> tuple[Frame, ...]:
    vec = native.PointerVec()
    lib.wasm_trap_trace(trap, ctypes.byref(vec))
    frames = tuple(
        Frame(
            lib.wasm_frame_func_index(vec.data[i]),
            lib.wasm_frame_func_offset(vec.data[i]),
            lib.wasm_frame_module_offset(vec.data[i]),
        )
        for i in range(vec.size)
    )
    lib.wasm_frame_vec_delete(ctypes.byref(vec))
    return frames


def _text(of, trap: int) -> str:
    vec = native.ByteVec()
    of(trap, ctypes.byref(vec))
    return vec.text()


def error_of(trap: int) -> WasmError:
    """The exception for a wasm_trap_t, which is released."""
    kind = lib.mini_wasm_trap_kind(trap)
    if kind == _EXIT:
        error: WasmError = Exit(lib.mini_wasm_trap_exit_code(trap))
    else:
        error = _KINDS[kind](_text(lib.mini_wasm_trap_describe, trap))
    error.backtrace = _text(lib.mini_wasm_trap_backtrace, trap)
    error.frames = _frames(trap)
    if isinstance(error, Trap):
        error.code = "host" if kind == _HOST else _text(lib.wasm_trap_message, trap)
    if isinstance(error, CompileError):
        offset = lib.mini_wasm_trap_offset(trap)
        error.offset = None if offset == _NO_OFFSET else offset
    lib.wasm_trap_delete(trap)
    return error


def check(trap: int | None) -> None:
    """Raises the exception for a wasm_trap_t, if there is one."""
    if trap:
        raise error_of(trap)


def refuse(what: str) -> NoReturn:
    """Raises the exception for a function of the C API that gave null, which does not say why."""
    raise UsageError(what)
