;; Wide arithmetic: two words, low ones first.
(module
  (func (param i64 i64 i64 i64) (result i64 i64) (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (param i64 i64) (result i64 i64) (i64.sub128 (local.get 0) (local.get 1) (i64.const 1) (i64.const 0)))
  (func (param i64 i64) (result i64) (i64.mul_wide_u (local.get 0) (local.get 1)) (i64.xor)))
