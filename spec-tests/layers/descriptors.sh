#!/usr/bin/env bash
# descriptors.sh [ROOT]: fails when the library makes a descriptor other than through runtime/system/own_descriptor.h, which
# keeps it away from the numbers of the standard streams.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2

find runtime interp jit wasi capi core decoder validator text -type f \( -name '*.h' -o -name '*.cc' \) \
  -not -name '*_test.*' -not -name 'test_*' -not -name 'own_descriptor*' -print0 |
  xargs -0 awk '
    BEGIN {
      calls = "(^|[^a-zA-Z0-9_.>])(::|std::)?(openat2?|creat|memfd_create|memfd_secret|shm_open|eventfd|timerfd_create|signalfd|"
      calls = calls "epoll_create1?|inotify_init1?|pidfd_open|userfaultfd|perf_event_open|pipe2?|socket|socketpair|accept4?|"
      calls = calls "dup[23]?|fopen|freopen|tmpfile|opendir|mk(o)?stemp|posix_openpt)\\("
      others = "(^|[^a-zA-Z0-9_:.>])(::)?open\\(.*(c_str|\"|O_[A-Z])|F_DUPFD|SYS_(open|memfd|pipe|socket|accept|dup)|[io]?fstream"
    }
    FNR == 1 { allowed = 0 }
    { text = $0; sub(/\/\/.*/, "", text) }
    text ~ /open_own_descriptors?\(/ { allowed = FNR + 3 }   # the call stands in what it is given
    text ~ /const auto open = / { allowed = FNR }            # or has a name before
    text ~ calls || text ~ others {
      found++
      if (FNR > allowed) { print FILENAME ":" FNR ": not in open_own_descriptor:" $0; bad++ }
    }
    END {
      if (found < 10) { print "only " found + 0 " calls found: wrong folder, or the pattern is?"; exit 2 }
      if (bad) exit 1
      print found " calls that make descriptors, all of them in open_own_descriptor"
    }'
