#!/usr/bin/env bash
# process_state.sh NM LIBRARY: fails when something that belongs to the whole process can be found locked in a child of
# fork: a mutex that is no ProcessMutex (runtime/system/fork_handlers.h), or a static variable of a function whose
# making takes a lock (core/process_value.h has what to use instead).
set -u
nm=$1 library=$2
cd "$(dirname "$0")/../.." || exit 2

symbols=$("$nm" -C "$library") && [[ $symbols == *mini_wasm::Engine::* ]] || { echo "no symbols in $library"; exit 2; }
status=0
if guards=$(grep 'guard variable for mini_wasm::' <<<"$symbols"); then
  echo "static variables that are made under a lock:"
  sort -u <<<"$guards"
  status=1
fi
if mutexes=$(grep -rnE '\b(static|constinit|inline)\b.*std::(shared_|recursive_)?(timed_)?mutex\b|^(constinit )?std::(shared_|recursive_)?(timed_)?mutex\b' \
  --include='*.h' --include='*.cc' core decoder validator text runtime interp jit wasi capi include |
  grep -v '_test\.cc:'); then
  echo "mutexes of the process that no fork waits for:"
  echo "$mutexes"
  status=1
fi
exit $status
