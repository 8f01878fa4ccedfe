#!/usr/bin/env bash
# Plants calls that make descriptors in a copy of the library: descriptors.sh must find each of them.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d) || exit 2
trap 'rm -rf "$tree"' EXIT
failed=0
cd "$here/../.." && cp -r runtime interp jit wasi core decoder validator text "$tree" || exit 2
"$here/descriptors.sh" "$tree" >/dev/null || { echo "the copy is not clean"; failed=1; }
while IFS= read -r line; do
  printf '\n\n\n\n%s\n' "$line" >"$tree/wasi/planted.cc"
  "$here/descriptors.sh" "$tree" >/dev/null && { echo "not found: $line"; failed=1; }
done <<'END'
int f = ::open(path.c_str(), O_RDONLY);
if (open("/dev/null", flags) < 0) return;
int f = openat(dir, name, flags);
int e = eventfd(0, EFD_CLOEXEC);
int c = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
if (::pipe2(ends, O_CLOEXEC) != 0) return;
std::ifstream in(path);
std::FILE* f = std::fopen(path, "r");
fd = accept4(listener, nullptr, nullptr, 0);
long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
END
exit $failed
