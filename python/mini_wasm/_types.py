"""Types of WebAssembly as values of Python, and their C descriptions."""

from __future__ import annotations

import ctypes
import enum
import inspect
import typing
from dataclasses import dataclass
from typing import Any, Callable, NewType, Optional, Union

from . import _native as native
from ._native import lib


class ValType(enum.Enum):
    """The type of a value. The values of the members are those of wasm_valkind_t."""

    I32 = 0
    I64 = 1
    F32 = 2
    F64 = 3
    V128 = 4
    EXTERNREF = 128
    FUNCREF = 129
    ANYREF = 130
    EXNREF = 131

    def is_ref(self) -> bool:
        return self.value >= 128

    def __repr__(self) -> str:
        return self.name.lower()


#: Annotations of host functions. `int` means i32 and `float` means f64.
i32 = NewType("i32", int)
i64 = NewType("i64", int)
f32 = NewType("f32", float)
f64 = NewType("f64", float)

_ANNOTATIONS = {
    int: ValType.I32,
    i32: ValType.I32,
    i64: ValType.I64,
    f32: ValType.F32,
    float: ValType.F64,
    f64: ValType.F64,
    object: ValType.EXTERNREF,
    Any: ValType.EXTERNREF,
}


@dataclass(frozen=True)
class FuncType:
    """The type of a function."""

    params: tuple[ValType, ...] = ()
    results: tuple[ValType, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", tuple(self.params))
        object.__setattr__(self, "results", tuple(self.results))

    @staticmethod
    def of(function: Callable[..., Any]) -> FuncType:
        """The type that the annotations of a function say."""
        hints = typing.get_type_hints(function)
        names = [
            name
            for name, parameter in inspect.signature(function).parameters.items()
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        ]
        missing = [name for name in names if name not in hints]
        if missing:
            raise TypeError(
                f"{getattr(function, '__name__', function)}: no annotation for {', '.join(missing)}; "
                "annotate it with int, float, i32, i64, f32, f64 or object, or pass a FuncType"
            )
        result = hints.get("return", type(None))
        if typing.get_origin(result) is tuple:
            results = tuple(_type_of(part) for part in typing.get_args(result))
        else:
            results = () if result is type(None) else (_type_of(result),)
        return FuncType(tuple(_type_of(hints[name]) for name in names), results)


def _type_of(annotation: Any) -> ValType:
    if isinstance(annotation, ValType):
        return annotation
    try:
        return _ANNOTATIONS[annotation]
    except (KeyError, TypeError):
        raise TypeError(f"{annotation!r} is no type of WebAssembly; use int, float, i32, i64, f32, f64 or object") from None


@dataclass(frozen=True)
class Limits:
    """Sizes: pages of a memory, elements of a table. No maximum: None."""

    min: int
    max: Optional[int] = None


@dataclass(frozen=True)
class GlobalType:
    """The type of a global."""

    content: ValType
    mutable: bool = False


@dataclass(frozen=True)
class TableType:
    """The type of a table."""

    element: ValType
    limits: Limits


@dataclass(frozen=True)
class MemoryType:
    """The type of a memory."""

    limits: Limits


@dataclass(frozen=True)
class TagType:
    """The type of a tag of exceptions."""


ExternType = Union[FuncType, GlobalType, TableType, MemoryType, TagType]


@dataclass(frozen=True)
class ImportType:
    """One import of a module."""

    module: str
    name: str
    type: ExternType


@dataclass(frozen=True)
class ExportType:
    """One export of a module."""

    name: str
    type: ExternType


# --- From and to C


def _kinds(vec: Any) -> tuple[ValType, ...]:
    return tuple(ValType(lib.wasm_valtype_kind(vec.contents.data[i])) for i in range(vec.contents.size))


def _limits(pointer: Any) -> Limits:
    limits = pointer.contents
    return Limits(limits.min, None if limits.max == native.NO_MAXIMUM else limits.max)


def from_c(externtype: int) -> ExternType:
    """The type that a wasm_externtype_t describes."""
    func = lib.wasm_externtype_as_functype(externtype)
    if func:
        return FuncType(_kinds(lib.wasm_functype_params(func)), _kinds(lib.wasm_functype_results(func)))
    global_ = lib.wasm_externtype_as_globaltype(externtype)
    if global_:
        content = ValType(lib.wasm_valtype_kind(lib.wasm_globaltype_content(global_)))
        return GlobalType(content, lib.wasm_globaltype_mutability(global_) == 1)
    table = lib.wasm_externtype_as_tabletype(externtype)
    if table:
        element = ValType(lib.wasm_valtype_kind(lib.wasm_tabletype_element(table)))
        return TableType(element, _limits(lib.wasm_tabletype_limits(table)))
    memory = lib.wasm_externtype_as_memorytype(externtype)
    if memory:
        return MemoryType(_limits(lib.wasm_memorytype_limits(memory)))
    return TagType()


def _valtypes(types: tuple[ValType, ...]) -> native.PointerVec:
    vec = native.PointerVec()
    pointers = (ctypes.c_void_p * len(types))(*(lib.wasm_valtype_new(t.value) for t in types))
    lib.wasm_valtype_vec_new(ctypes.byref(vec), len(types), pointers)
    return vec


def _c_limits(limits: Limits) -> Any:
    return ctypes.byref(native.Limits(limits.min, native.NO_MAXIMUM if limits.max is None else limits.max))


def functype_to_c(type: FuncType) -> int:
    """A wasm_functype_t, which the caller owns."""
    return lib.wasm_functype_new(ctypes.byref(_valtypes(type.params)), ctypes.byref(_valtypes(type.results)))


def globaltype_to_c(type: GlobalType) -> int:
    """A wasm_globaltype_t, which the caller owns."""
    return lib.wasm_globaltype_new(lib.wasm_valtype_new(type.content.value), int(type.mutable))


def tabletype_to_c(type: TableType) -> int:
    """A wasm_tabletype_t, which the caller owns."""
    return lib.wasm_tabletype_new(lib.wasm_valtype_new(type.element.value), _c_limits(type.limits))


def memorytype_to_c(type: MemoryType) -> int:
    """A wasm_memorytype_t, which the caller owns."""
    return lib.wasm_memorytype_new(_c_limits(type.limits))
