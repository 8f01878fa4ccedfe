;; Makes gigabytes of garbage while little of it is alive: binary trees beside one that stays, rings that refer to
;; themselves, and a text that grows by concatenating immutable strings. Prints what it counted, the text, and how many
;; bytes of fields and elements it has allocated.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 4)
  (data (i32.const 32) "long-lived tree: " "depth " ": " " trees, " " nodes\n" "rings: " "allocated " " bytes\n")

  (type $string (array (mut i8)))
  (rec
    (type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree))))
    (type $ring (struct (field $next (mut (ref null $ring))) (field $previous (mut (ref null $ring))) (field $value i64))))

  (global $allocated (mut i64) (i64.const 0))
  (func $count_allocated (param $bytes i32)
    (global.set $allocated (i64.add (global.get $allocated) (i64.extend_i32_u (local.get $bytes)))))

  ;; --- Output
  (func $write (param $at i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then (unreachable)))
    (if (i32.ne (i32.load (i32.const 8)) (local.get $length)) (then (unreachable))))

  (func $write_number (param $n i64)
    (call $write_string (call $decimal (local.get $n))))

  ;; In pieces, through a page of linear memory.
  (func $write_string (param $s (ref $string)) (local $i i32) (local $k i32)
    (loop $more
      (local.set $k (i32.const 0))
      (block $full
        (loop $copy
          (br_if $full (i32.eq (local.get $k) (i32.const 65536)))
          (br_if $full (i32.eq (local.get $i) (array.len (local.get $s))))
          (i32.store8 offset=65536 (local.get $k) (array.get_u $string (local.get $s) (local.get $i)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (local.set $k (i32.add (local.get $k) (i32.const 1)))
          (br $copy)))
      (call $write (i32.const 65536) (local.get $k))
      (br_if $more (i32.lt_u (local.get $i) (array.len (local.get $s))))))

  ;; --- Strings
  (func $new_string (param $length i32) (result (ref $string))
    (call $count_allocated (local.get $length))
    (array.new_default $string (local.get $length)))

  (func $concat (param $a (ref $string)) (param $b (ref $string)) (result (ref $string)) (local $r (ref $string))
    (local.set $r (call $new_string (i32.add (array.len (local.get $a)) (array.len (local.get $b)))))
    (array.copy $string $string
      (local.get $r) (i32.const 0) (local.get $a) (i32.const 0) (array.len (local.get $a)))
    (array.copy $string $string
      (local.get $r) (array.len (local.get $a)) (local.get $b) (i32.const 0) (array.len (local.get $b)))
    (local.get $r))

  ;; Digit by digit, each in front of those that are there.
  (func $decimal (param $n i64) (result (ref $string)) (local $r (ref $string)) (local $digit (ref $string))
    (local.set $r (call $new_string (i32.const 0)))
    (loop $more
      (local.set $digit (call $new_string (i32.const 1)))
      (array.set $string (local.get $digit) (i32.const 0)
        (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $n) (i64.const 10)))))
      (local.set $r (call $concat (local.get $digit) (local.get $r)))
      (local.set $n (i64.div_u (local.get $n) (i64.const 10)))
      (br_if $more (i64.ne (local.get $n) (i64.const 0))))
    (local.get $r))

  (func $count_up (param $lines i32) (result (ref $string))
    (local $i i32) (local $text (ref $string)) (local $newline (ref $string))
    (local.set $text (call $new_string (i32.const 0)))
    (local.set $newline (array.new $string (i32.const 10) (i32.const 1)))
    (loop $next
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (local.set $text
        (call $concat (local.get $text)
          (call $concat (call $decimal (i64.extend_i32_u (local.get $i))) (local.get $newline))))
      (br_if $next (i32.lt_u (local.get $i) (local.get $lines))))
    (local.get $text))

  ;; --- Trees
  (func $grow (param $depth i32) (result (ref $tree))
    (call $count_allocated (i32.const 16))
    (if (result (ref $tree)) (local.get $depth)
      (then (struct.new $tree
        (call $grow (i32.sub (local.get $depth) (i32.const 1)))
        (call $grow (i32.sub (local.get $depth) (i32.const 1)))))
      (else (struct.new_default $tree))))

  (func $nodes (param $t (ref null $tree)) (result i32)
    (if (ref.is_null (local.get $t)) (then (return (i32.const 0))))
    (i32.add (i32.const 1)
      (i32.add (call $nodes (struct.get $tree $left (local.get $t)))
               (call $nodes (struct.get $tree $right (local.get $t))))))

  (func $trees (param $depth i32) (param $trees i32) (local $i i32) (local $sum i64)
    (loop $next
      (local.set $sum
        (i64.add (local.get $sum) (i64.extend_i32_u (call $nodes (call $grow (local.get $depth))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $trees))))
    (call $write (i32.const 49) (i32.const 6))
    (call $write_number (i64.extend_i32_u (local.get $depth)))
    (call $write (i32.const 55) (i32.const 2))
    (call $write_number (i64.extend_i32_u (local.get $trees)))
    (call $write (i32.const 57) (i32.const 8))
    (call $write_number (local.get $sum))
    (call $write (i32.const 65) (i32.const 7)))

  ;; --- Rings: only a collector that follows references frees them.
  (func $ring (param $length i32) (result (ref $ring)) (local $first (ref $ring)) (local $last (ref $ring))
    (local.set $first (struct.new $ring (ref.null $ring) (ref.null $ring) (i64.extend_i32_u (local.get $length))))
    (local.set $last (local.get $first))
    (loop $next
      (call $count_allocated (i32.const 24))
      (if (local.tee $length (i32.sub (local.get $length) (i32.const 1)))
        (then
          (struct.set $ring $next (local.get $last)
            (struct.new $ring (ref.null $ring) (local.get $last) (i64.extend_i32_u (local.get $length))))
          (local.set $last (ref.as_non_null (struct.get $ring $next (local.get $last))))
          (br $next))))
    (struct.set $ring $next (local.get $last) (local.get $first))
    (struct.set $ring $previous (local.get $first) (local.get $last))
    (local.get $first))

  ;; Both ways round.
  (func $ring_sum (param $first (ref $ring)) (result i64) (local $at (ref $ring)) (local $sum i64)
    (local.set $at (local.get $first))
    (loop $next
      (local.set $sum (i64.add (local.get $sum) (struct.get $ring $value (local.get $at))))
      (local.set $at (ref.as_non_null (struct.get $ring $next (local.get $at))))
      (br_if $next (i32.eqz (ref.eq (local.get $at) (local.get $first)))))
    (loop $back
      (local.set $sum (i64.add (local.get $sum) (struct.get $ring $value (local.get $at))))
      (local.set $at (ref.as_non_null (struct.get $ring $previous (local.get $at))))
      (br_if $back (i32.eqz (ref.eq (local.get $at) (local.get $first)))))
    (local.get $sum))

  (func $rings (param $rings i32) (param $length i32) (local $sum i64)
    (loop $next
      (local.set $sum (i64.add (local.get $sum) (call $ring_sum (call $ring (local.get $length)))))
      (br_if $next (local.tee $rings (i32.sub (local.get $rings) (i32.const 1)))))
    (call $write (i32.const 72) (i32.const 7))
    (call $write_number (local.get $sum))
    (call $write_string (array.new $string (i32.const 10) (i32.const 1))))

  (func (export "_start") (local $long_lived (ref $tree)) (local $depth i32)
    (local.set $long_lived (call $grow (i32.const 16)))
    (local.set $depth (i32.const 4))
    (loop $deeper
      (call $trees (local.get $depth) (i32.shl (i32.const 1) (i32.sub (i32.const 21) (local.get $depth))))
      (br_if $deeper
        (i32.le_u (local.tee $depth (i32.add (local.get $depth) (i32.const 6))) (i32.const 16))))
    (call $rings (i32.const 2000) (i32.const 1000))
    (call $write_string (call $count_up (i32.const 30000)))
    (call $write (i32.const 32) (i32.const 17))
    (call $write_number (i64.extend_i32_u (call $nodes (local.get $long_lived))))
    (call $write (i32.const 65) (i32.const 7))
    (call $write (i32.const 79) (i32.const 10))
    (call $write_number (global.get $allocated))
    (call $write (i32.const 89) (i32.const 7))))
