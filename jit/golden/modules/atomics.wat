;; Atomic accesses: of guarded memory and of a checked one.
(module
  (memory 1 1 shared)
  (memory $large i64 1)
  (func (param i32) (result i32) (i32.atomic.load16_u offset=6 (local.get 0)))
  (func (result i64) (i64.atomic.load (i32.const 8)))
  (func (param i32 i32) (i32.atomic.store8 (local.get 0) (local.get 1)))
  (func (param i32 i32) (result i32) (i32.atomic.rmw.sub offset=5 (local.get 0) (local.get 1)))
  (func (param i32 i64) (result i64) (i64.atomic.rmw16.xchg_u (local.get 0) (local.get 1)))
  (func (param i32 i64) (result i64) (i64.atomic.rmw32.xor_u (local.get 0) (local.get 1)))
  (func (param i32 i32 i32) (result i32) (i32.atomic.rmw8.cmpxchg_u (local.get 0) (local.get 1) (local.get 2)))
  (func (param i64) (result i64) (i64.atomic.rmw.add $large offset=24 (local.get 0) (i64.const 1))))
