"""What modules import and export, instances, the linker."""

from __future__ import annotations

import asyncio
import ctypes
import inspect
import itertools
import threading
import weakref
from typing import Any, Awaitable, Callable, Iterator, Mapping, NamedTuple, Optional, Sequence, Union

from . import _native as native
from . import _types as types
from ._engine import Module, Store
from ._errors import Exit, Trap, check, refuse
from ._native import lib
from ._types import FuncType, GlobalType, Limits, MemoryType, TableType, ValType

_EXTERNS: dict[int, type[_Extern]] = {}  # by wasm_externkind_t


class _Extern:
    """A handle to something that can be imported or exported. Keeps its store alive."""

    def __init__(self, store: Store, handle: int) -> None:
        if not handle:
            raise MemoryError("no memory left")
        self._store = store
        self._handle = handle

    def __del__(self) -> None:
        if getattr(self, "_handle", None) and lib is not None:
            self._store._release(lib.wasm_extern_delete, self._handle)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Extern) and self._handle == other._handle

    def __hash__(self) -> int:
        return hash(self._handle)

    @property
    def type(self) -> Any:
        """The type."""
        with self._store:
            described = lib.wasm_extern_type(self._handle)
        result = types.from_c(described)
        lib.wasm_externtype_delete(described)
        return result


def _extern(store: Store, handle: int) -> _Extern:
    return _EXTERNS.get(lib.wasm_extern_kind(handle), Tag)(store, handle)


# --- Values

_FIELDS = {ValType.I32: "i32", ValType.I64: "i64", ValType.F32: "f32", ValType.F64: "f64"}
_BITS = {ValType.I32: 32, ValType.I64: 64}


class Ref:
    """A reference that a guest made: a structure, an array, an i31, an exception. It can be given to guests again."""

    def __init__(self, store: Store, handle: int) -> None:
        self._store = store
        self._handle = handle

    def __del__(self) -> None:
        if self._handle and lib is not None:
            self._store._release(lib.wasm_ref_delete, self._handle)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ref) and self._handle == other._handle

    def __hash__(self) -> int:
        return hash(self._handle)


_keys = itertools.count(1)
_object_stores: weakref.WeakValueDictionary[int, Store] = weakref.WeakValueDictionary()


@native.Finalizer
def _forget_object(key: Optional[int]) -> None:
    store = _object_stores.pop(key, None)
    if store is not None:
        store._objects.pop(key, None)


def _ref_of(store: Store, value: object) -> Optional[int]:
    """A handle to a reference, which the caller owns. Any object of Python is an externref."""
    if value is None:
        return None
    if isinstance(value, _Extern):
        return lib.wasm_ref_copy(lib.wasm_extern_as_ref(value._handle))
    if isinstance(value, Ref):
        return lib.wasm_ref_copy(value._handle)
    foreign = lib.wasm_foreign_new(store._handle)
    if not foreign:
        raise MemoryError("no memory left")
    key = next(_keys)
    store._objects[key] = value
    _object_stores[key] = store
    ref = lib.wasm_foreign_as_ref(foreign)
    lib.wasm_ref_set_host_info_with_finalizer(ref, key, _forget_object)
    return ref


def _object_of(store: Store, ref: Optional[int]) -> Any:
    """The object for a reference, whose handle is taken over."""
    if not ref:
        return None
    if lib.wasm_ref_as_foreign(ref):
        value = store._objects.get(lib.wasm_ref_get_host_info(ref))
        lib.wasm_ref_delete(ref)
        return value
    extern = lib.wasm_ref_as_extern(ref)
    return _extern(store, extern) if extern else Ref(store, ref)


def _write(store: Store, value: Any, type: ValType, out: native.Val) -> None:
    out.kind = type.value
    if type.is_ref():
        out.of.ref = _ref_of(store, value)
        return
    field = _FIELDS.get(type)
    if field is None:
        raise TypeError(f"a {type!r} cannot be passed from Python")
    bits = _BITS.get(type)
    if bits is not None:
        value = value.__index__()
        if not -(1 << (bits - 1)) <= value < 1 << bits:
            raise OverflowError(f"{value} does not fit into an {type!r}")
    setattr(out.of, field, value)


def _read(store: Store, value: native.Val) -> Any:
    type = ValType(value.kind)
    return _object_of(store, value.of.ref) if type.is_ref() else getattr(value.of, _FIELDS[type])


class _Values:
    """Values for C. The references among them are released at the end."""

    def __init__(self, store: Store, size: int) -> None:
        self._store = store
        self.values = (native.Val * max(size, 1))()
        self.vec = native.ValVec(size, self.values)

    def write(self, values: Sequence[Any], types_: Sequence[ValType], what: str) -> None:
        for i, (value, type) in enumerate(zip(values, types_)):
            try:
                _write(self._store, value, type, self.values[i])
            except (TypeError, AttributeError, OverflowError) as error:
                wrong = OverflowError if isinstance(error, OverflowError) else TypeError
                raise wrong(f"{what} {i + 1}: {error}") from None

    def release(self) -> None:
        for i in range(self.vec.size):
            if self.values[i].kind >= ValType.EXTERNREF.value and self.values[i].of.ref:
                lib.wasm_ref_delete(self.values[i].of.ref)


def _one_or_all(values: list[Any]) -> Any:
    return None if not values else values[0] if len(values) == 1 else tuple(values)


# --- Functions

_WAITING = 9  # MINI_WASM_ERROR_WAITING
_ASYNC_WAITING = 2  # MINI_WASM_ASYNC_WAITING

_functions: weakref.WeakValueDictionary[int, _HostFunction] = weakref.WeakValueDictionary()


class _HostFunction:
    """The code of a function of the host. Its store owns it."""

    def __init__(self, store: Store, type: FuncType, code: Callable[..., Any]) -> None:
        self.store = weakref.ref(store)
        self.type = type
        self.code = code
        self.key = next(_keys)
        _functions[self.key] = self
        store._functions.append(self)

    def call(self, caller: Optional[int], args: Any, results: Any) -> Optional[int]:
        store = self.store()
        assert store is not None  # it is running
        try:
            given = [_read_borrowed(store, args.contents.data[i]) for i in range(args.contents.size)]
            result = self.code(*given)
            if inspect.isawaitable(result):
                trap = lib.mini_wasm_caller_suspend(caller)
                if lib.mini_wasm_trap_kind(trap) == _WAITING:
                    store._awaited = _Awaited(self, result)
                    return trap
                lib.wasm_trap_delete(trap)
                result = _wait_for(store, result)
            self.give(store, result, results)
        except BaseException as error:
            return _trap_of(store, error)
        return None

    def give(self, store: Store, result: Any, results: Any) -> None:
        """Writes a result of the code to a wasm_val_vec_t."""
        wanted = self.type.results
        values = () if not wanted else (result,) if len(wanted) == 1 else tuple(result)
        if len(values) != len(wanted):
            raise TypeError(f"the function must give {len(wanted)} results, but gave {len(values)}")
        for i, (value, type) in enumerate(zip(values, wanted)):
            _write(store, value, type, results.contents.data[i])


def _read_borrowed(store: Store, value: native.Val) -> Any:
    if ValType(value.kind).is_ref() and value.of.ref:
        return _object_of(store, lib.wasm_ref_copy(value.of.ref))
    return _read(store, value)


def _trap_of(store: Store, error: BaseException) -> int:
    """The trap for an exception, which is raised again where the guest was called."""
    if isinstance(error, Exit):
        return lib.mini_wasm_trap_new_exit(store._handle, error.code)
    store._raised = error
    vec = native.byte_vec(f"{type(error).__name__}: {error}".encode("utf-8", "replace"))
    return lib.wasm_trap_new(store._handle, ctypes.byref(vec))


class _Awaited(NamedTuple):
    """What a guest waits for: what this function has returned."""

    function: _HostFunction
    result: Awaitable[Any]

    def drop(self) -> None:
        if inspect.iscoroutine(self.result):
            self.result.close()


@native.Callback
def _call_host(env: Optional[int], caller: Optional[int], args: Any, results: Any) -> Optional[int]:
    return _functions[env].call(caller, args, results)


class Func(_Extern):
    """A function of a guest, or of Python: `Func(store, code)`. Its type is that which the annotations of `code` say,
    or `type`. Call it like a function: the result is None, a value, or a tuple.

    An exception that the code raises ends the guest, and is raised again by the call of the guest. The code may be a
    coroutine function, for guests that are called with call_async.
    """

    def __init__(self, store: Store, code: Union[Callable[..., Any], int], type: Optional[FuncType] = None) -> None:
        self._type = type
        if isinstance(code, int):
            super().__init__(store, code)
            return
        self._type = type if type is not None else FuncType.of(code)
        function = _HostFunction(store, self._type, code)
        described = types.functype_to_c(self._type)
        with store:
            handle = lib.mini_wasm_func_new_with_vals(store._handle, described, _call_host, function.key, None)
        lib.wasm_functype_delete(described)
        if not handle:
            refuse("a function with v128 cannot be made in Python")
        super().__init__(store, handle)

    @property
    def type(self) -> FuncType:
        if self._type is None:
            self._type = super().type
        return self._type

    def __call__(self, *args: Any) -> Any:
        type, store = self.type, self._store
        given, results = self._arguments(args), _Values(store, len(type.results))
        with store:
            try:
                given.write(args, type.params, "argument")
                trap = lib.wasm_func_call(self._handle, ctypes.byref(given.vec), ctypes.byref(results.vec))
            finally:
                given.release()
            _check(store, trap)
            return _one_or_all([_read(store, results.values[i]) for i in range(results.vec.size)])

    def _arguments(self, args: Sequence[Any]) -> _Values:
        params = self.type.params
        if len(args) != len(params):
            raise TypeError(f"the function takes {len(params)} arguments, but is given {len(args)}")
        return _Values(self._store, len(args))

    async def call_async(self, *args: Any) -> Any:
        """Calls the function on another thread, so that the event loop goes on. While it waits for a coroutine function of
        the host, it needs no thread, and other calls of the store go on. When the task is cancelled, the guest is
        interrupted.
        """
        call = _AsyncCall(self, args)
        awaited = await call.go_on()
        while awaited is not None:
            function, result = awaited
            value, error = None, None
            try:
                value = await result
            except Exception as raised:
                error = raised
            awaited = await call.go_on(function, value, error)
        return call.result


class _AsyncCall:
    """A call that can wait. Each time it goes on, it does so on a thread of the event loop's executor."""

    result: Any = None

    def __init__(self, func: Func, args: Sequence[Any]) -> None:
        self._func = func
        self._args = args
        self._loop = asyncio.get_running_loop()
        self._handle: Optional[int] = None
        self._mutex = threading.Lock()
        self._running = False  # it has the store
        self._cancelled = False

    async def go_on(
        self, function: Optional[_HostFunction] = None, value: Any = None, error: Optional[Exception] = None
    ) -> Optional[_Awaited]:
        """Runs the guest until it waits for something, or has finished (None). `value` or `error` is what came of that
        which `function` made it wait for.
        """
        running = self._loop.run_in_executor(None, self._run, function, value, error)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            self._cancel()
            await asyncio.wait([running])
            if running.exception() is None:
                awaited = running.result()
                if awaited is not None:
                    awaited.drop()
            raise

    def _cancel(self) -> None:
        with self._mutex:
            self._cancelled = True
            if self._running:
                self._func._store.interrupt()

    def _run(self, function: Optional[_HostFunction], value: Any, error: Optional[Exception]) -> Optional[_Awaited]:
        with self._func._store as store:
            with self._mutex:
                if self._cancelled:
                    return None
                self._running = True
            before, store._loop = store._loop, self._loop
            try:
                if function is None:
                    self._begin(store)
                else:
                    self._complete(store, function, value, error)
                return self._resume(store)
            finally:
                store._loop = before
                with self._mutex:
                    self._running = False
                    if self._cancelled:
                        store.clear_interrupt()

    def _begin(self, store: Store) -> None:
        type = self._func.type
        given = self._func._arguments(self._args)
        made = ctypes.c_void_p()
        try:
            given.write(self._args, type.params, "argument")
            check(lib.mini_wasm_async_call_new(self._func._handle, ctypes.byref(given.vec), ctypes.byref(made)))
        finally:
            given.release()
        self._handle = made.value

    def _complete(self, store: Store, function: _HostFunction, value: Any, error: Optional[Exception]) -> None:
        results = _Values(store, len(function.type.results))
        try:
            if error is None:
                function.give(store, value, ctypes.pointer(results.vec))
        except Exception as raised:
            error = raised
        try:
            if error is None:
                check(lib.mini_wasm_async_call_complete(self._handle, ctypes.byref(results.vec)))
            else:
                check(lib.mini_wasm_async_call_fail(self._handle, _trap_of(store, error)))
        finally:
            results.release()

    def _resume(self, store: Store) -> Optional[_Awaited]:
        state = ctypes.c_uint8()
        trap = lib.mini_wasm_async_call_resume(self._handle, ctypes.byref(state))
        awaited, store._awaited = store._awaited, None
        if trap and awaited is not None:
            awaited.drop()
        _check(store, trap)
        if state.value == _ASYNC_WAITING:
            return awaited
        results = _Values(store, len(self._func.type.results))
        check(lib.mini_wasm_async_call_results(self._handle, ctypes.byref(results.vec)))
        self.result = _one_or_all([_read(store, results.values[i]) for i in range(results.vec.size)])
        return None

    def __del__(self) -> None:
        if getattr(self, "_handle", None) and lib is not None:
            self._func._store._release(lib.mini_wasm_async_call_delete, self._handle)


def _wait_for(store: Store, awaitable: Any) -> Any:
    loop = store._loop
    if loop is None:
        awaitable.close()
        raise RuntimeError("a coroutine as a host function needs that the guest is called with call_async")
    return asyncio.run_coroutine_threadsafe(awaitable, loop).result()


def _check(store: Store, trap: Optional[int]) -> None:
    """Raises what a call ended with: what a host function raised, or a trap."""
    raised, store._raised = store._raised, None
    if not trap:
        return
    try:
        check(trap)
    except Trap as error:
        if raised is None or error.code != "host":
            raise
        raised.wasm_backtrace = error.backtrace  # type: ignore[attr-defined]
        raise raised


# --- Memories, globals, tables, tags


class Memory(_Extern):
    """A linear memory."""

    def __init__(self, store: Store, limits: Union[Limits, int]) -> None:
        if isinstance(limits, int):  # a handle
            return super().__init__(store, limits)
        described = types.memorytype_to_c(MemoryType(limits))
        with store:
            handle = lib.wasm_memory_new(store._handle, described)
        lib.wasm_memorytype_delete(described)
        if not handle:
            refuse(f"no memory with {limits}")
        super().__init__(store, handle)

    @property
    def data(self) -> memoryview:
        """The bytes, which can be written. Valid until the memory grows, which a guest can cause in any call."""
        size = lib.wasm_memory_data_size(self._handle)
        bytes_ = (ctypes.c_ubyte * size).from_address(lib.wasm_memory_data(self._handle) or 0)
        bytes_._memory = self  # type: ignore[attr-defined]  # keeps the store
        return memoryview(bytes_).cast("B")

    @property
    def pages(self) -> int:
        """The size in pages."""
        return lib.wasm_memory_size(self._handle)

    def __len__(self) -> int:
        return lib.wasm_memory_data_size(self._handle)

    def grow(self, delta: int) -> int:
        """Makes the memory larger by so many pages, and gives the old size."""
        with self._store:
            old = self.pages
            if not lib.wasm_memory_grow(self._handle, delta):
                raise MemoryError(f"the memory cannot grow by {delta} pages")
            return old

    def read(self, offset: int, size: int) -> bytes:
        """A copy of bytes."""
        self._check_range(offset, size)
        return bytes(self.data[offset : offset + size])

    def write(self, offset: int, content: Union[bytes, bytearray, memoryview]) -> None:
        """Replaces bytes."""
        self._check_range(offset, len(content))
        self.data[offset : offset + len(content)] = content

    def _check_range(self, offset: int, size: int) -> None:
        if offset < 0 or size < 0 or offset + size > len(self):
            raise IndexError(f"bytes {offset} to {offset + size} of a memory of {len(self)}")


class Global(_Extern):
    """A global variable."""

    def __init__(self, store: Store, type: Union[GlobalType, int], value: Any = None) -> None:
        if isinstance(type, int):  # a handle
            return super().__init__(store, type)
        described = types.globaltype_to_c(type)
        init = _Values(store, 1)
        with store:
            try:
                init.write([value], [type.content], "value")
                handle = lib.wasm_global_new(store._handle, described, init.values)
            finally:
                init.release()
                lib.wasm_globaltype_delete(described)
        if not handle:
            refuse("the value does not fit")
        super().__init__(store, handle)

    @property
    def value(self) -> Any:
        """The value."""
        with self._store as store:
            value = native.Val()
            lib.wasm_global_get(self._handle, ctypes.byref(value))
            return _read(store, value)

    @value.setter
    def value(self, value: Any) -> None:
        type = self.type
        if not type.mutable:
            raise TypeError("the global is immutable")
        new = _Values(self._store, 1)
        with self._store:
            try:
                new.write([value], [type.content], "value")
                lib.wasm_global_set(self._handle, new.values)
            finally:
                new.release()


class Table(_Extern):
    """A table of references."""

    def __init__(self, store: Store, type: Union[TableType, int], init: Any = None) -> None:
        if isinstance(type, int):  # a handle
            return super().__init__(store, type)
        described = types.tabletype_to_c(type)
        with store:
            ref = _ref_of(store, init)
            handle = lib.wasm_table_new(store._handle, described, ref)
            lib.wasm_ref_delete(ref)
        lib.wasm_tabletype_delete(described)
        if not handle:
            refuse(f"no table with {type}")
        super().__init__(store, handle)

    def __len__(self) -> int:
        return lib.wasm_table_size(self._handle)

    def _check_index(self, index: int) -> None:
        if not 0 <= index < len(self):
            raise IndexError(f"element {index} of a table of {len(self)}")

    def __getitem__(self, index: int) -> Any:
        with self._store as store:
            self._check_index(index)
            return _object_of(store, lib.wasm_table_get(self._handle, index))

    def __setitem__(self, index: int, value: Any) -> None:
        with self._store as store:
            self._check_index(index)
            ref = _ref_of(store, value)
            done = lib.wasm_table_set(self._handle, index, ref)
            lib.wasm_ref_delete(ref)
        if not done:
            refuse("the value does not fit")

    def grow(self, delta: int, init: Any = None) -> int:
        """Adds so many elements, and gives the old size."""
        with self._store as store:
            old = len(self)
            ref = _ref_of(store, init)
            done = lib.wasm_table_grow(self._handle, delta, ref)
            lib.wasm_ref_delete(ref)
        if not done:
            raise MemoryError(f"the table cannot grow by {delta} elements")
        return old


class Tag(_Extern):
    """A tag of exceptions."""


_EXTERNS.update({0: Func, 1: Global, 2: Table, 3: Memory, 4: Tag})

# --- Instances

#: What can be imported: an object of the store, or a function of Python, which gets the type that the module asks for.
Importable = Union[_Extern, Callable[..., Any]]


def _importable(store: Store, value: Importable, type: Any) -> _Extern:
    if isinstance(value, _Extern):
        return value
    if callable(value) and isinstance(type, FuncType):
        return Func(store, value, type)
    raise TypeError(f"{value!r} cannot be imported as {type}")


class Exports:
    """The exports of an instance: `exports["name"]` or `exports.name`. Iteration gives the names."""

    def __init__(self, found: dict[str, _Extern]) -> None:
        self._found = found

    def __getitem__(self, name: str) -> Any:
        return self._found[name]

    def __getattr__(self, name: str) -> Any:
        try:
            return self._found[name]
        except KeyError:
            raise AttributeError(f"the instance has no export {name!r}; it has {', '.join(self._found)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __contains__(self, name: object) -> bool:
        return name in self._found


class Instance:
    """A module in a store. `imports` is a dictionary of dictionaries, `{"module": {"name": value}}`, or a list in the
    order of Module.imports. A value may be a function of Python.
    """

    exports: Exports

    def __init__(
        self,
        store: Store,
        module: Module,
        imports: Union[Mapping[str, Mapping[str, Importable]], Sequence[Importable]] = (),
    ) -> None:
        if isinstance(imports, Mapping):
            linker = Linker(store)  # which also gives functions their names in backtraces
            for namespace, values in imports.items():
                for name, value in values.items():
                    linker.define(namespace, name, value)
            self._adopt(store, module, linker._instantiate(module))
            return
        kept = [_importable(store, value, i.type) for value, i in zip(imports, module.imports)]
        handles = (ctypes.c_void_p * max(len(kept), 1))(*(value._handle for value in kept))
        vec = native.PointerVec(len(kept), handles)
        trap = ctypes.c_void_p()
        with store:
            made = lib.wasm_instance_new(store._handle, module._handle, ctypes.byref(vec), ctypes.byref(trap))
            _check(store, trap.value)
        self._adopt(store, module, made)

    def _adopt(self, store: Store, module: Module, handle: Optional[int]) -> None:
        self._store = store
        self._handle = handle
        names = [exported.name for exported in module.exports]
        vec = native.PointerVec()
        with store:
            lib.wasm_instance_exports(handle, ctypes.byref(vec))
            found = {name: _extern(store, lib.wasm_extern_copy(vec.data[i])) for i, name in enumerate(names)}
            lib.wasm_extern_vec_delete(ctypes.byref(vec))
        self.exports = Exports(found)

    def __del__(self) -> None:
        if getattr(self, "_handle", None) and lib is not None:
            self._store._release(lib.wasm_instance_delete, self._handle)


class Linker:
    """Gives names to what modules import."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._functions: dict[tuple[str, str], Callable[..., Any]] = {}
        self._handle = lib.mini_wasm_linker_new(store._handle)
        if not self._handle:
            raise MemoryError("no memory for a linker")

    def define(self, module: str, name: str, value: Importable) -> None:
        """Defines something, or replaces its definition. A function of Python gets the type that a module asks for."""
        if not isinstance(value, _Extern):
            if not callable(value):
                raise TypeError(f"{value!r} cannot be imported")
            self._functions[module, name] = value
            return
        self._functions.pop((module, name), None)
        with self._store:
            check(lib.mini_wasm_linker_define(self._handle, module.encode(), name.encode(), value._handle))

    def func(self, module: str, name: Optional[str] = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A decorator that defines a function: `@linker.func("env")`."""

        def decorate(code: Callable[..., Any]) -> Callable[..., Any]:
            self.define(module, name if name is not None else code.__name__, code)
            return code

        return decorate

    def define_instance(self, module: str, instance: Instance) -> None:
        """Defines all exports of an instance."""
        with self._store:
            check(lib.mini_wasm_linker_define_instance(self._handle, module.encode(), instance._handle))

    def instantiate(self, module: Module) -> Instance:
        """Instantiates a module with what it imports."""
        instance = Instance.__new__(Instance)
        instance._adopt(self._store, module, self._instantiate(module))
        return instance

    def _instantiate(self, module: Module) -> Optional[int]:
        store = self._store
        for wanted in module.imports:
            code = self._functions.get((wanted.module, wanted.name))
            if code is not None:
                func = _importable(store, code, wanted.type)
                with store:
                    name = wanted.module.encode(), wanted.name.encode()
                    check(lib.mini_wasm_linker_define(self._handle, *name, func._handle))
        made = ctypes.c_void_p()
        with store:
            _check(store, lib.mini_wasm_linker_instantiate(self._handle, module._handle, ctypes.byref(made)))
        return made.value

    def __del__(self) -> None:
        if getattr(self, "_handle", None) and lib is not None:
            self._store._release(lib.mini_wasm_linker_delete, self._handle)
