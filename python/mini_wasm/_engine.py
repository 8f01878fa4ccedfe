"""Engine, Store, Module."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from collections import deque
from typing import Any, Callable, Iterator, Mapping, Optional, Union

from . import _native as native
from . import _types as types
from ._errors import check, refuse
from ._native import lib
from ._types import ExportType, ImportType

_TIERS = {"interpreter": 0, "jit": 1, "automatic": 2}
_SETTINGS = (
    "eager lazy_validation guard_pages speculation_guards fuel gc_stress hot_after max_host_depth pool_size stack_size "
    "pool_bytes cache_bytes cache_dir cache_key_file"
).split()


class Engine:
    """What stores and modules share. Settings are those of mini_wasm::Config, for example `Engine(tier="interpreter",
    features={"simd": False}, fuel=True)`. Any thread may use it.
    """

    def __init__(self, *, tier: str = "automatic", features: Mapping[str, bool] = {}, **settings: Any) -> None:
        self._handle: Optional[int] = None
        config = lib.wasm_config_new()
        try:
            self._fill(config, tier, features, settings)
        except BaseException:
            lib.wasm_config_delete(config)
            raise
        self._handle = lib.wasm_engine_new_with_config(config)
        if not self._handle:
            raise MemoryError("no memory for an engine")

    @staticmethod
    def _fill(config: int, tier: str, features: Mapping[str, bool], settings: Mapping[str, Any]) -> None:
        if tier not in _TIERS:
            raise ValueError(f"tier {tier!r}: must be one of {', '.join(_TIERS)}")
        lib.mini_wasm_config_set_tier(config, _TIERS[tier])
        for name, on in features.items():
            if not lib.mini_wasm_config_set_feature(config, name.encode(), on):
                raise ValueError(f"there is no feature {name!r}, or it cannot be {'on' if on else 'off'}")
        for name, value in settings.items():
            if name not in _SETTINGS:
                raise TypeError(f"there is no setting {name!r}; there are tier, features, {', '.join(_SETTINGS)}")
            getattr(lib, "mini_wasm_config_set_" + name)(config, os.fsencode(value) if isinstance(value, str) else value)

    def __del__(self) -> None:
        if self._handle and lib is not None:
            lib.wasm_engine_delete(self._handle)


class Store:
    """Owns everything that exists while code runs. Limits are those of mini_wasm::StoreLimits, for example
    `Store(memory_bytes=1 << 30)`.

    Any thread may use it; calls from several threads wait for each other.
    """

    def __init__(self, engine: Optional[Engine] = None, **limits: int) -> None:
        self._handle: Optional[int] = None
        self.engine = engine if engine is not None else Engine()
        wanted = native.StoreLimits()
        lib.mini_wasm_limits_init(ctypes.byref(wanted))
        for name, value in limits.items():
            if not any(name == field[0] for field in native.StoreLimits._fields_):
                raise TypeError(f"there is no limit {name!r}")
            setattr(wanted, name, value)
        self._lock = threading.RLock()  # held while C uses the store
        self._unused: deque[tuple[Callable[[int], None], int]] = deque()  # handles that nobody needs any more
        self._functions: list[Any] = []  # the host functions, which live as long as the store
        self._objects: dict[int, object] = {}  # what guests hold as externref, by the key that they have
        self._raised: Optional[BaseException] = None  # by a host function, on its way through the guest
        self._loop: Any = None  # the event loop that waits for the guest
        self._awaited: Any = None  # what the guest waits for, on its way to that
        self._handle = lib.mini_wasm_store_new(self.engine._handle, ctypes.byref(wanted))
        if not self._handle:
            raise MemoryError("no memory for a store")

    # The collector of Python may find out on any thread that an object is not needed, but the store is used by one
    # thread at a time. So its handle is released later, by whoever uses the store next.
    def _release(self, delete: Callable[[int], None], handle: int) -> None:
        self._unused.append((delete, handle))
        if self._lock.acquire(blocking=False):
            try:
                self._release_unused()
            finally:
                self._lock.release()

    def _release_unused(self) -> None:
        while self._unused:
            delete, handle = self._unused.popleft()
            delete(handle)

    def __enter__(self) -> Store:
        """Begins a use of the store. For the package's own use."""
        self._lock.acquire()
        if self._unused:
            self._release_unused()
        return self

    def __exit__(self, *unused: Any) -> None:
        self._lock.release()

    def interrupt(self) -> None:
        """Makes running code trap with "interrupted", until clear_interrupt. Any thread may call it."""
        lib.mini_wasm_store_interrupt(self._handle)

    def clear_interrupt(self) -> None:
        """Ends the effect of interrupt."""
        lib.mini_wasm_store_clear_interrupt(self._handle)

    @contextlib.contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """`with store.deadline(0.5):` makes code of the store trap with "interrupted" from then on until the block ends,
        whoever calls it. Deadlines nest; the earliest one counts.
        """
        made = ctypes.c_void_p()
        nanoseconds = int(min(max(seconds, 0), 1e9) * 1e9)
        with self:
            check(lib.mini_wasm_deadline_new(self._handle, nanoseconds, ctypes.byref(made)))
        try:
            yield
        finally:
            with self:
                lib.mini_wasm_deadline_delete(made)

    @property
    def fuel(self) -> int:
        """The units of fuel that guests may still use; for engines with `fuel=True`."""
        return lib.mini_wasm_store_fuel(self._handle)

    @fuel.setter
    def fuel(self, units: int) -> None:
        with self:
            if not lib.mini_wasm_store_set_fuel(self._handle, units):
                refuse("the engine was made without fuel=True, or there are too many units")

    @property
    def used_bytes(self) -> int:
        """The bytes that count for the limit total_bytes."""
        return lib.mini_wasm_store_used_bytes(self._handle)

    def collect_garbage(self) -> None:
        """Frees objects that no guest refers to any more."""
        with self:
            lib.mini_wasm_store_collect_garbage(self._handle)

    def __del__(self) -> None:
        if self._handle and lib is not None:
            self._release_unused()
            lib.wasm_store_delete(self._handle)


class Module:
    """A decoded and validated module: from a binary module as bytes, or from text. All stores of its engine can
    instantiate it.
    """

    def __init__(self, engine: Union[Engine, Store], source: Union[bytes, bytearray, memoryview, str]) -> None:
        content = source.encode() if isinstance(source, str) else bytes(source)
        store = engine if isinstance(engine, Store) else Store(engine)
        made = ctypes.c_void_p()
        with store:
            vec = native.byte_vec(content)
            check(lib.mini_wasm_module_new(store._handle, ctypes.byref(vec), ctypes.byref(made)))
        self._adopt(store, made.value)

    def _adopt(self, store: Store, handle: Optional[int]) -> None:
        self._store = store
        self._handle = handle

    @staticmethod
    def from_file(engine: Union[Engine, Store], path: Union[str, os.PathLike[str]]) -> Module:
        """The module in a file, binary or text."""
        with open(path, "rb") as file:
            return Module(engine, file.read())

    def serialize(self) -> bytes:
        """The module as bytes for deserialize."""
        vec = native.ByteVec()
        lib.wasm_module_serialize(self._handle, ctypes.byref(vec))
        return vec.take()

    @staticmethod
    def deserialize(engine: Union[Engine, Store], content: bytes) -> Module:
        """The module that serialize gave."""
        store = engine if isinstance(engine, Store) else Store(engine)
        module = Module.__new__(Module)
        with store:
            vec = native.byte_vec(content)
            handle = lib.wasm_module_deserialize(store._handle, ctypes.byref(vec))
        if not handle:
            raise ValueError("the bytes are not from serialize, or damaged")
        module._adopt(store, handle)
        return module

    @property
    def name(self) -> str:
        """The name from the name section."""
        vec = native.ByteVec()
        lib.mini_wasm_module_name(self._handle, ctypes.byref(vec))
        return vec.text()

    @property
    def imports(self) -> list[ImportType]:
        """What it imports, in the order of the module."""
        vec = native.PointerVec()
        lib.wasm_module_imports(self._handle, ctypes.byref(vec))
        result = [
            ImportType(
                _name(lib.wasm_importtype_module(vec.data[i])),
                _name(lib.wasm_importtype_name(vec.data[i])),
                types.from_c(lib.wasm_importtype_type(vec.data[i])),
            )
            for i in range(vec.size)
        ]
        lib.wasm_importtype_vec_delete(ctypes.byref(vec))
        return result

    @property
    def exports(self) -> list[ExportType]:
        """What it exports, in the order of the module."""
        vec = native.PointerVec()
        lib.wasm_module_exports(self._handle, ctypes.byref(vec))
        result = [
            ExportType(_name(lib.wasm_exporttype_name(vec.data[i])), types.from_c(lib.wasm_exporttype_type(vec.data[i])))
            for i in range(vec.size)
        ]
        lib.wasm_exporttype_vec_delete(ctypes.byref(vec))
        return result

    def __del__(self) -> None:
        if getattr(self, "_handle", None) and lib is not None:
            self._store._release(lib.wasm_module_delete, self._handle)


def _name(pointer: Any) -> str:
    vec = pointer.contents
    return ctypes.string_at(vec.data, vec.size).decode("utf-8", "replace") if vec.size else ""


def wat2wasm(text: str) -> bytes:
    """The text format to the binary format."""
    content = text.encode()
    vec = native.ByteVec()
    check(lib.mini_wasm_wat2wasm(content, len(content), ctypes.byref(vec)))
    return vec.take()
