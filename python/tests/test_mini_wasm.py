"""Tests of the package. They need the shared library: MINI_WASM_LIBRARY names it."""

import asyncio
import gc
import os
import tempfile
import threading
import time
import unittest
from pathlib import Path

import mini_wasm
from mini_wasm import (
    CompileError,
    Engine,
    Exit,
    Files,
    Func,
    FuncType,
    Global,
    GlobalType,
    GuestException,
    Instance,
    LimitError,
    Limits,
    LinkError,
    Linker,
    Memory,
    Module,
    Store,
    Table,
    TableType,
    Trap,
    UsageError,
    ValType,
    Wasi,
    WasmError,
    f32,
    i64,
    wat2wasm,
)


def load(text, imports=(), store=None):
    store = store if store is not None else Store()
    return Instance(store, Module(store, text), imports)


class Calls(unittest.TestCase):
    def test_numbers_of_all_types(self):
        exports = load(
            """(module (func (export "swap") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
                 local.get 3 local.get 2 local.get 1 local.get 0))"""
        ).exports
        self.assertEqual(exports.swap(-7, 2**62, 0.5, -0.25), (-0.25, 0.5, 2**62, -7))
        self.assertEqual(exports["swap"].type.params, (ValType.I32, ValType.I64, ValType.F32, ValType.F64))
        self.assertEqual(list(exports), ["swap"])
        with self.assertRaises(AttributeError):
            exports.nothing

    def test_nothing_one_and_many_results(self):
        exports = load(
            """(module (func (export "none")) (func (export "one") (result i32) (i32.const 1))
                 (func (export "two") (result i32 i32) (i32.const 1) (i32.const 2)))"""
        ).exports
        self.assertIsNone(exports.none())
        self.assertEqual(exports.one(), 1)
        self.assertEqual(exports.two(), (1, 2))

    def test_wrong_arguments(self):
        exports = load('(module (func (export "f") (param i32)))').exports
        with self.assertRaisesRegex(TypeError, "takes 1 arguments, but is given 0"):
            exports.f()
        with self.assertRaisesRegex(TypeError, "argument 1"):
            exports.f("text")
        with self.assertRaisesRegex(OverflowError, "does not fit"):
            exports.f(2**32)

    def test_function_of_python_with_annotations(self):
        def add(a: int, b: i64, c: f32, d: float) -> float:
            return a + b + c + d

        store = Store()
        func = Func(store, add)
        self.assertEqual(func.type, FuncType((ValType.I32, ValType.I64, ValType.F32, ValType.F64), (ValType.F64,)))
        self.assertEqual(func(1, 2, 3.0, 4.5), 10.5)
        with self.assertRaisesRegex(TypeError, "no annotation for x"):
            Func(store, lambda x: x)

    def test_function_of_python_with_the_type_of_the_import(self):
        seen = []
        instance = load(
            """(module (import "env" "log" (func $log (param i32 f64) (result i32 i64)))
                 (func (export "f") (result i32 i64) (call $log (i32.const 3) (f64.const 0.5))))""",
            {"env": {"log": lambda a, b: seen.append((a, b)) or (a, 4)}},
        )
        self.assertEqual(instance.exports.f(), (3, 4))
        self.assertEqual(seen, [(3, 0.5)])

    def test_wrong_results_of_python(self):
        instance = load(
            '(module (import "" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))',
            [lambda: "text"],
        )
        with self.assertRaises((TypeError, AttributeError)):
            instance.exports.g()

    def test_any_object_is_an_externref(self):
        instance = load(
            """(module (import "" "f" (func $f (param externref) (result externref)))
                 (table (export "t") 2 externref)
                 (func (export "g") (param externref) (result externref)
                   (table.set (i32.const 0) (local.get 0)) (call $f (table.get (i32.const 0)))))""",
            [lambda x: x],
        )
        for value in ({"a": 1}, "text", None, 42, instance):
            self.assertIs(instance.exports.g(value), value)
            self.assertIs(instance.exports.t[0], value)

    def test_objects_are_released_when_the_guest_gives_them_up(self):
        class Thing:
            alive = 0

            def __init__(self):
                Thing.alive += 1

            def __del__(self):
                Thing.alive -= 1

        instance = load('(module (func (export "f") (param externref)))')
        for _ in range(100):
            instance.exports.f(Thing())
        for _ in range(3):
            instance._store.collect_garbage()
        self.assertLess(Thing.alive, 10)  # some addresses may still be on the stack
        del instance
        gc.collect()
        self.assertEqual(Thing.alive, 0)

    def test_functions_are_references(self):
        instance = load(
            """(module (table (export "t") 3 funcref) (func $f (export "f") (result i32) (i32.const 5))
                 (elem (i32.const 1) $f) (func (export "g") (param funcref) (result funcref) (local.get 0)))"""
        )
        self.assertIsNone(instance.exports.t[0])
        self.assertEqual(instance.exports.t[1](), 5)
        self.assertEqual(instance.exports.g(instance.exports.f), instance.exports.f)
        instance.exports.t[0] = instance.exports.f
        self.assertEqual(instance.exports.t[0], instance.exports.f)
        with self.assertRaises(UsageError):
            instance.exports.t[0] = "text"
        with self.assertRaises(IndexError):
            instance.exports.t[3]

    def test_objects_of_guests(self):
        instance = load(
            """(module (type $s (struct (field i32)))
                 (func (export "make") (param i32) (result anyref) (struct.new $s (local.get 0)))
                 (func (export "get") (param anyref) (result i32) (struct.get $s 0 (ref.cast (ref $s) (local.get 0)))))"""
        )
        things = [instance.exports.make(i) for i in range(10)]
        instance._store.collect_garbage()
        self.assertEqual([instance.exports.get(thing) for thing in things], list(range(10)))
        self.assertNotEqual(things[0], things[1])


class Failures(unittest.TestCase):
    def test_a_trap_has_code_frames_and_backtrace(self):
        exports = load(
            '(module $m (func $inner unreachable) (func (export "f") (call $inner)))'
        ).exports
        with self.assertRaises(Trap) as caught:
            exports.f()
        trap = caught.exception
        self.assertEqual(trap.code, "unreachable")
        self.assertEqual([frame.func_index for frame in trap.frames], [0, 1])
        self.assertIn("m!inner", trap.backtrace)
        self.assertIn("m!inner", str(trap))

    def test_an_exception_of_python_goes_through_the_guest(self):
        def fail():
            raise KeyError("gone")

        instance = load(
            '(module $m (import "env" "fail" (func $fail)) (func (export "f") (call $fail)))', {"env": {"fail": fail}}
        )
        with self.assertRaises(KeyError) as caught:
            instance.exports.f()
        self.assertIn("m!f", caught.exception.wasm_backtrace)
        with self.assertRaises(KeyError):  # and the store can be used again
            instance.exports.f()

    def test_exit(self):
        def leave():
            raise Exit(3)

        instance = load('(module (import "" "f" (func $f)) (func (export "g") (call $f)))', [leave])
        with self.assertRaises(Exit) as caught:
            instance.exports.g()
        self.assertEqual(caught.exception.code, 3)

    def test_what_is_no_module(self):
        with self.assertRaises(CompileError) as caught:
            Module(Engine(), b"\0asm\1\0\0\0\1\1\xff")
        self.assertIsNotNone(caught.exception.offset)
        with self.assertRaisesRegex(CompileError, "type mismatch"):
            Module(Engine(), "(module (func (result i32)))")
        with self.assertRaises(CompileError) as caught:
            wat2wasm("(module (funk))")
        self.assertEqual(caught.exception.offset, 9)

    def test_imports_that_are_missing_or_wrong(self):
        text = '(module (import "a" "b" (func (param i32))))'
        with self.assertRaisesRegex(LinkError, "unknown import"):
            load(text, {})
        store = Store()
        with self.assertRaises(LinkError):
            load(text, [Func(store, lambda: None, FuncType())], store)
        with self.assertRaisesRegex(TypeError, "cannot be imported"):
            load(text, [5])
        with self.assertRaises(UsageError):
            load(text, [])

    def test_an_exception_of_the_guest(self):
        exports = load('(module (tag $t (param i32)) (func (export "f") (throw $t (i32.const 5))))').exports
        with self.assertRaisesRegex(GuestException, "i32:5"):
            exports.f()

    def test_limits_and_fuel(self):
        with self.assertRaises(LimitError):
            load("(module (memory 2))", store=Store(memory_bytes=65536))
        with self.assertRaises(TypeError):
            Store(no_such_limit=1)
        store = Store(Engine(fuel=True))
        store.fuel = 1000
        with self.assertRaises(Trap) as caught:
            load('(module (func (export "f") (loop (br 0))))', store=store).exports.f()
        self.assertEqual(caught.exception.code, "out of fuel")
        with self.assertRaises(UsageError):
            Store().fuel = 1

    def test_settings(self):
        for tier in ("interpreter", "jit", "automatic"):
            store = Store(Engine(tier=tier, features={"simd": False}))
            self.assertEqual(load('(module (func (export "f") (result i32) (i32.const 1)))', store=store).exports.f(), 1)
            with self.assertRaises(CompileError):
                Module(store, "(module (func (param v128)))")
        for wrong in ({"tier": "fast"}, {"features": {"no such": True}}):
            with self.assertRaises(ValueError):
                Engine(**wrong)
        with self.assertRaises(TypeError):
            Engine(no_such_setting=1)


class Objects(unittest.TestCase):
    def test_memory(self):
        store = Store()
        memory = Memory(store, Limits(1, 2))
        instance = load(
            """(module (import "" "m" (memory 1 2)) (func (export "get") (param i32) (result i32)
                 (i32.load8_u (local.get 0))))""",
            [memory],
            store,
        )
        memory.data[5] = 200
        self.assertEqual(instance.exports.get(5), 200)
        memory.write(10, b"hello")
        self.assertEqual(memory.read(10, 5), b"hello")
        self.assertEqual(bytes(memory.data[10:15]), b"hello")
        self.assertEqual(memory.grow(1), 1)
        self.assertEqual((memory.pages, len(memory), len(memory.data)), (2, 131072, 131072))
        with self.assertRaises(MemoryError):
            memory.grow(1)
        with self.assertRaises(IndexError):
            memory.read(131070, 3)
        with self.assertRaises(IndexError):
            memory.write(-1, b"x")
        self.assertEqual(memory.type.limits, Limits(2, 2))

    def test_a_view_keeps_its_memory(self):
        data = Memory(Store(), Limits(1)).data
        gc.collect()
        data[100] = 7
        self.assertEqual(data[100], 7)

    def test_globals(self):
        store = Store()
        number = Global(store, GlobalType(ValType.I32, mutable=True), 5)
        constant = Global(store, GlobalType(ValType.F64), 0.5)
        number.value = 6
        self.assertEqual((number.value, constant.value), (6, 0.5))
        with self.assertRaises(TypeError):
            constant.value = 1.0
        thing = object()
        reference = Global(store, GlobalType(ValType.EXTERNREF, mutable=True), thing)
        self.assertIs(reference.value, thing)

    def test_tables(self):
        table = Table(Store(), TableType(ValType.EXTERNREF, Limits(2, 3)), "init")
        self.assertEqual([table[0], table[1], len(table)], ["init", "init", 2])
        self.assertEqual(table.grow(1), 2)
        self.assertIsNone(table[2])
        with self.assertRaises(MemoryError):
            table.grow(1)

    def test_modules_describe_themselves(self):
        module = Module(
            Engine(),
            """(module $name (import "a" "b" (memory 1 5)) (global (export "g") (mut i64) (i64.const 0))
                 (tag (export "t")) (table (export "tab") 1 externref))""",
        )
        self.assertEqual(module.name, "name")
        self.assertEqual([(i.module, i.name, i.type.limits) for i in module.imports], [("a", "b", Limits(1, 5))])
        self.assertEqual([e.name for e in module.exports], ["g", "t", "tab"])
        self.assertEqual(module.exports[0].type, GlobalType(ValType.I64, True))
        again = Module.deserialize(Engine(), module.serialize())
        self.assertEqual(again.name, "name")
        with self.assertRaises(ValueError):
            Module.deserialize(Engine(), b"something else")

    def test_one_module_in_many_stores(self):
        engine = Engine()
        module = Module(engine, '(module (func (export "f") (result i32) (i32.const 9)))')
        self.assertEqual([Instance(Store(engine), module).exports.f() for _ in range(3)], [9, 9, 9])
        with self.assertRaises(UsageError):
            Instance(Store(), module)

    def test_linker(self):
        store = Store()
        linker = Linker(store)

        @linker.func("env")
        def twice(x):
            return 2 * x

        linker.define("env", "number", Global(store, GlobalType(ValType.I32), 5))
        linker.define_instance("lib", load('(module (func (export "one") (result i32) (i32.const 1)))', store=store))
        instance = linker.instantiate(
            Module(
                store,
                """(module (import "env" "twice" (func $twice (param i32) (result i32))) (import "env" "number" (global i32))
                     (import "lib" "one" (func $one (result i32)))
                     (func (export "f") (result i32) (i32.add (call $one) (call $twice (global.get 0)))))""",
            )
        )
        self.assertEqual(instance.exports.f(), 11)
        with self.assertRaisesRegex(LinkError, "unknown import"):
            linker.instantiate(Module(store, '(module (import "x" "y" (func)))'))

    def test_cycles_are_collected(self):
        class Thing:
            pass

        thing = Thing()
        weak = []

        def make():
            import weakref

            store = Store()
            instance = load(
                '(module (import "" "f" (func $f)) (func (export "g") (call $f)))',
                [lambda: (store, thing_inside)],  # refers to its own store
                store,
            )
            weak.append(weakref.ref(store))
            return instance

        thing_inside = thing
        make().exports.g()
        gc.collect()
        self.assertIsNone(weak[0]())


class Threads(unittest.TestCase):
    def test_a_store_is_used_by_one_thread_at_a_time(self):
        instance = load(
            """(module (global $g (mut i32) (i32.const 0)) (func (export "f") (result i32)
                 (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))"""
        )
        seen = []
        threads = [
            threading.Thread(target=lambda: seen.extend(instance.exports.f() for _ in range(200))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(seen), list(range(1, 801)))

    def test_interrupt(self):
        instance = load('(module (func (export "f") (loop (br 0))))')
        timer = threading.Timer(0.1, instance._store.interrupt)
        timer.start()
        with self.assertRaises(Trap) as caught:
            instance.exports.f()
        self.assertEqual(caught.exception.code, "interrupted")
        instance._store.clear_interrupt()

    def test_deadline(self):
        store = Store()
        exports = load('(module (func (export "f") (loop (br 0))) (func (export "g")))', store=store).exports
        with store.deadline(0.05):
            with self.assertRaises(Trap) as caught:
                exports.f()
            self.assertEqual(caught.exception.code, "interrupted")
        with store.deadline(3600), store.deadline(float("inf")):
            exports.g()
        with self.assertRaises(Trap):
            with store.deadline(-1):
                exports.g()
        exports.g()

    def test_handles_are_released_on_any_thread(self):
        instance = load('(module (func (export "f") (loop (br_if 0 (i32.eqz (i32.const 1))))) (memory (export "m") 1))')
        copies = [load("(module)", store=instance._store) for _ in range(100)]
        thread = threading.Thread(target=copies.clear)
        thread.start()
        for _ in range(1000):
            instance.exports.f()
        thread.join()

    def test_asyncio(self):
        async def sleep(seconds: float) -> int:
            await asyncio.sleep(seconds)
            return 7

        instance = load(
            """(module (import "" "sleep" (func $sleep (param f64) (result i32)))
                 (func (export "f") (result i32) (call $sleep (f64.const 0.01)))
                 (func (export "forever") (loop (br 0))))""",
            [sleep],
        )

        async def main():
            ticks = 0

            async def tick():
                nonlocal ticks
                while True:
                    ticks += 1
                    await asyncio.sleep(0.001)

            ticking = asyncio.create_task(tick())
            self.assertEqual(await instance.exports.f.call_async(), 7)
            self.assertGreater(ticks, 1)
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(instance.exports.forever.call_async(), 0.1)
            self.assertEqual(await instance.exports.f.call_async(), 7)
            ticking.cancel()

        asyncio.run(main())
        with self.assertRaisesRegex(RuntimeError, "call_async"):
            instance.exports.f()


class Waiting(unittest.TestCase):
    """Guests that wait for coroutine functions of Python."""

    def setUp(self):
        self.gates = {}
        self.instance = load(
            """(module (import "" "gate" (func $gate (param i32) (result i32)))
                 (import "" "call" (func $call (param i32) (result i32)))
                 (import "" "through" (func $through (param externref) (result externref i32)))
                 (func (export "pass") (param i32) (result i32) (i32.mul (i32.const 2) (call $gate (local.get 0))))
                 (func (export "between") (param i32) (result i32) (call $call (local.get 0)))
                 (func (export "refs") (param externref) (result externref i32) (call $through (local.get 0)))
                 (func (export "endless") (loop (br 0)))
                 (func (export "plain") (result i32) (i32.const 1)))""",
            [self.gate, lambda n: self.exports["pass"](n), self.through],
        )
        self.exports = self.instance.exports

    async def gate(self, n):
        if n < 0:
            raise ValueError(f"no gate {n}")
        if n == 77:
            raise Exit(3)
        if n == 88:
            return "no number"
        self.gates[n] = asyncio.Event()
        await self.gates[n].wait()
        return n + 1

    async def through(self, thing):
        await asyncio.sleep(0)
        return thing, 4

    async def wait_for_gates(self, count):
        while len(self.gates) < count:
            await asyncio.sleep(0.001)

    # More guests of one store than there are threads wait at once, and go on in another order.
    def test_many_guests_wait_in_one_store(self):
        async def main():
            calls = [asyncio.create_task(self.exports["pass"].call_async(n)) for n in range(50)]
            await self.wait_for_gates(50)
            self.assertEqual(self.exports.plain(), 1)  # others can be called meanwhile
            for n in reversed(range(50)):
                self.gates[n].set()
                self.assertEqual(await calls[n], 2 * (n + 1))

        asyncio.run(asyncio.wait_for(main(), 60))

    def test_failures(self):
        async def main():
            call = self.exports["pass"].call_async
            with self.assertRaisesRegex(ValueError, "no gate -1") as caught:
                await call(-1)
            self.assertIn("pass", caught.exception.wasm_backtrace)
            with self.assertRaises(Exit) as exit:
                await call(77)
            self.assertEqual(exit.exception.code, 3)
            with self.assertRaises((TypeError, AttributeError)):
                await call(88)
            with self.assertRaisesRegex(TypeError, "takes 1 arguments"):
                await call()
            with self.assertRaisesRegex(TypeError, "argument 1"):
                await call("text")

        asyncio.run(main())

    def test_references_wait_with_their_guest(self):
        class Thing:
            pass

        async def main():
            thing = Thing()
            self.assertEqual(await self.exports.refs.call_async(thing), (thing, 4))

        asyncio.run(main())

    # A guest that was cancelled while it waits leaves the others alone, and so does one that runs.
    def test_cancellation(self):
        async def main():
            kept = asyncio.create_task(self.exports["pass"].call_async(1))
            dropped = asyncio.create_task(self.exports["pass"].call_async(2))
            await self.wait_for_gates(2)
            dropped.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await dropped
            running = asyncio.create_task(self.exports.endless.call_async())
            await asyncio.sleep(0.05)
            queued = asyncio.create_task(self.exports.plain.call_async())  # it waits for the store
            await asyncio.sleep(0.05)
            queued.cancel()
            await asyncio.sleep(0.05)
            self.assertFalse(running.done())
            running.cancel()
            for task in (running, queued):
                with self.assertRaises(asyncio.CancelledError):
                    await task
            self.gates[1].set()
            self.assertEqual(await kept, 4)
            self.assertEqual(await self.exports.plain.call_async(), 1)

        asyncio.run(asyncio.wait_for(main(), 60))

    # A function of Python is between the two guests. It keeps a thread, and its store, but it works.
    def test_a_host_function_between(self):
        async def main():
            call = asyncio.create_task(self.exports.between.call_async(5))
            await self.wait_for_gates(1)
            self.gates[5].set()
            self.assertEqual(await call, 12)

        asyncio.run(asyncio.wait_for(main(), 60))


ECHO = (Path(__file__).parent / "echo.wat").read_text()


@unittest.skipUnless(mini_wasm._native.HAS_WASI, "the library was built without WASI")
class WasiPrograms(unittest.TestCase):
    def test_arguments_environment_and_streams(self):
        wasi = Wasi(["program", "a", "b"], {"A": "1", "B": "2"}, stdin=b"hello")
        self.assertEqual(wasi.run(Module(Engine(), ECHO)), 32)
        self.assertEqual((wasi.stdout, wasi.stderr), (b"hello", b"hello"))
        self.assertEqual(wasi.stdout, b"hello")
        with self.assertRaisesRegex(UsageError, "already"):
            wasi.run(Module(Engine(), ECHO))

    def test_limits(self):
        wasi = Wasi(stdin=b"0123456789", max_output=3)
        wasi.run(Module(Engine(), ECHO))
        self.assertEqual((wasi.stdout, wasi.stderr), (b"012", b"012"))
        wasi = Wasi(stdin=b"0123456789", max_written=12)
        wasi.run(Module(Engine(), ECHO))
        self.assertEqual((wasi.stdout, wasi.stderr), (b"0123456789", b"01"))
        with self.assertRaises(LimitError):
            Wasi(max_open_files=2).run(Module(Engine(), ECHO))

    def test_files_in_memory(self):
        files = Files({"in": b"in memory", "folder/deep/file": b""}, max_bytes=20)
        self.assertEqual(Wasi(dirs={"/": files}).run(Module(Engine(), ECHO)), 0)
        with self.assertRaises(KeyError):
            files["out"]
        Wasi(writable={"/": files}).run(Module(Engine(), ECHO))
        self.assertEqual(files["out"], b"in memory")
        self.assertEqual(sorted(files), ["folder/deep/file", "in", "out"])
        self.assertEqual(files.used_bytes, 18)
        with self.assertRaises(LimitError):
            files["in"] = b"more than that"
        del files["in"]
        self.assertNotIn("in", files)
        with self.assertRaises(KeyError):
            del files["in"]
        files.make_directory("in")
        with self.assertRaises(UsageError):
            files["in"] = b""

    def test_directories_of_the_host(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "in").write_bytes(b"host")
            Wasi(dirs={"/": folder}).run(Module(Engine(), ECHO))
            self.assertEqual(os.listdir(folder), ["in"])
            Wasi(writable={"/": Path(folder)}).run(Module(Engine(), ECHO))
            self.assertEqual(Path(folder, "out").read_bytes(), b"host")
            with self.assertRaises(WasmError):
                Wasi(dirs={"/": folder + "/none"}).run(Module(Engine(), ECHO))

    def test_the_same_in_each_run(self):
        program = Module(
            Engine(),
            """(module (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
                 (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
                 (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
                 (memory (export "memory") 1) (data (i32.const 0) "\\64\\00\\00\\00\\10")
                 (func (export "_start") (drop (call $random (i32.const 100) (i32.const 8)))
                   (drop (call $time (i32.const 0) (i64.const 1) (i32.const 108)))
                   (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))""",
        )

        def output(seed):
            wasi = Wasi(seed=seed)
            self.assertEqual(wasi.run(program), 0)
            self.assertEqual(len(wasi.stdout), 16)
            return wasi.stdout

        self.assertEqual(output(1), output(1))
        self.assertNotEqual(output(1), output(2))
        self.assertNotEqual(output(None), output(None))

    def test_a_program_that_waits_for_python(self):
        async def wait(n: int) -> int:
            await asyncio.sleep(0.001)
            return n + 1

        store = Store()
        linker = Linker(store)
        Wasi().add_to(linker)
        linker.define("host", "wait", wait)
        program = Module(
            store,
            """(module (import "host" "wait" (func $wait (param i32) (result i32)))
                 (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                 (func (export "_start") (call $exit (call $wait (i32.const 6)))))""",
        )
        instance = linker.instantiate(program)
        self.assertEqual(asyncio.run(mini_wasm.run_wasi_async(instance)), 7)
        with self.assertRaisesRegex(RuntimeError, "call_async"):
            mini_wasm.run_wasi(instance)
        self.assertEqual(asyncio.run(Wasi().run_async(Module(store, ECHO), store)), 0)

    def test_what_is_no_program(self):
        with self.assertRaisesRegex(UsageError, "_start"):
            Wasi().run(Module(Engine(), "(module)"))
        with self.assertRaisesRegex(UsageError, "_start"):
            asyncio.run(Wasi().run_async(Module(Engine(), "(module)")))
        with self.assertRaises(Trap):
            Wasi().run(Module(Engine(), '(module (func (export "_start") unreachable))'))
        with self.assertRaises(ValueError):
            Wasi(["a\0b"])


if __name__ == "__main__":
    unittest.main()
