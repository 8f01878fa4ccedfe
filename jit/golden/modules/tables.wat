;; Tables.
(module
  (table $t 10 funcref)
  (table $long i64 10 externref)
  (func (param i32) (result funcref) (table.get $t (local.get 0)))
  (func (param i64) (table.set $long (local.get 0) (ref.null extern)))
  (func (param i32 funcref) (table.set $t (local.get 0) (local.get 1)))
  (func (result i32) (table.size $t)))
