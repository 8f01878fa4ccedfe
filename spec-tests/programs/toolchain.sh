# What a recipe's `build` can call: getting sources and packages, compiling and linking for WASI.
# Sourced by build.sh and run.sh. Flags that every program shares stand here and nowhere else.

cache=${MINI_WASM_PROGRAMS_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/mini-wasm/programs}
jobs=${MINI_WASM_PROGRAMS_JOBS:-$(nproc)}
wasm_clang=clang-19
wasm_linker=wasm-ld-19
programs_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# clang's generic CPU is WebAssembly 1.0 plus sign extension and mutable globals; no SIMD.
# Only headers of WASI: clang would also look into /usr/include, where the host's own lie.
wasm_compile=(--target=wasm32-wasi -mcpu=generic -O2 -w -nostdlibinc
  -isystem "$programs_folder/files/include" -isystem /usr/include/wasm32-wasi
  -include "$programs_folder/files/include/wasi_missing.h"
  -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_PROCESS_CLOCKS -D_WASI_EMULATED_GETPID -D_WASI_EMULATED_MMAN)
wasm_compile_cxx=(-std=c++17 -fno-exceptions -fno-rtti -isystem /usr/include/wasm32-wasi/c++/v1)
# No -O here: with it clang runs any wasm-opt that it finds on PATH (and with --no-wasm-opt, clang 19
# links nothing at all). The default stack is 64 KiB.
wasm_link=(--target=wasm32-wasi -Wl,-z,stack-size=1048576 -lwasi-emulated-signal
  -lwasi-emulated-process-clocks -lwasi-emulated-getpid -lwasi-emulated-mman)

# Ends the recipe: this program cannot be had here, for this reason.
unavailable() {
  echo "$*" >unavailable
  echo "not available: $*"
  exit 77
}

# need TOOL...: every tool must be installed.
need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || unavailable "$tool is not installed"
  done
}

need_wasm_clang() {
  need "$wasm_clang" "$wasm_linker"
  [ -f /usr/lib/wasm32-wasi/libc.a ] || unavailable "wasi-libc is not installed"
}

need_wasm_cxx() {
  [ -d /usr/include/wasm32-wasi/c++/v1 ] || unavailable "libc++ for wasm32 is not installed"
}

# apt with a state of its own under the cache: the machine's sources as source packages,
# without touching the machine's configuration.
private_apt() {
  local tool=$1 state=$cache/apt
  shift
  "$tool" -qq -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts="$state/sources" \
    -o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache" -o APT::Sandbox::User=root "$@"
}

# Fetches the index of source packages, at most once a day.
update_private_apt() {
  local state=$cache/apt file
  if [ -n "$(find "$state/updated" -mmin -1440 2>/dev/null)" ]; then return 0; fi
  mkdir -p "$state/sources" "$state/lists/partial" "$state/cache/archives/partial"
  for file in /etc/apt/sources.list.d/*.sources; do
    if [ -f "$file" ]; then sed 's/^Types:.*/Types: deb-src/' "$file" >"$state/sources/${file##*/}"; fi
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    if [ -f "$file" ]; then sed -n 's/^deb\(-src\)\? /deb-src /p' "$file"; fi
  done | sort -u >"$state/sources.list"
  # A source without source packages makes the update fail in part: what counts is what is found.
  private_apt apt-get update || true
  if [ -n "$(find "$state/lists" -name '*Sources*')" ]; then touch "$state/updated"; fi
}

# debian_source PACKAGE: unpacks Debian's source package, patched, as ./source-PACKAGE.
debian_source() {
  local package=$1 version
  need apt-get dpkg-source
  (flock 8; update_private_apt) 8>"$cache/apt.lock"
  # Newest first; an index may name a version that its mirror has dropped.
  for version in $(private_apt apt-cache showsrc --only-source "$package" | sed -n 's/^Version: //p' |
    sort -rVu); do
    rm -rf fetch
    if (mkdir fetch && cd fetch && private_apt apt-get source "$package=$version"); then
      mv fetch/"$package"-*/ "source-$package"
      rm -rf fetch
      return 0
    fi
  done
  unavailable "Debian's source package $package cannot be fetched"
}

# npm_packages NAME@VERSION...: installs into ./node_modules; no script of a package is run.
npm_packages() {
  need npm node
  npm install --prefix . --ignore-scripts --no-audit --no-fund --no-save "$@" ||
    unavailable "npm cannot install $*"
}

# npm_files NAME@VERSION PATTERN...: only these files of a large package, in ./package (tar's wildcards).
npm_files() {
  local archive
  need npm node tar
  archive=$(npm pack --silent --ignore-scripts "$1") || unavailable "npm cannot fetch $1"
  tar -xf "$archive" --wildcards "${@:2}"
  rm "$archive"
}

# without PATTERN SOURCE...: prints the sources whose paths do not match.
without() { printf '%s\n' "${@:2}" | grep -Ev "$1"; }

# compile COMPILER-ARGUMENTS... -- SOURCE...: one object per source in ./objects, several at a time.
compile() {
  local arguments=()
  while [ "$1" != -- ]; do arguments+=("$1"); shift; done
  shift
  mkdir -p objects
  printf '%s\0' "$@" | xargs -0 -P "$jobs" -I{} bash -euc '
    source=$1; shift
    "$@" -c "$source" -o "objects/$(tr / _ <<<"${source#./}").o" || exit 255  # 255 stops xargs' \
    compile {} "$wasm_clang" "${arguments[@]}" "${wasm_compile[@]}"
}

# compile_cxx: the same for C++, with neither exceptions nor RTTI.
compile_cxx() { compile "${wasm_compile_cxx[@]}" "$@"; }

# link OUTPUT OBJECT... [LINKER-ARGUMENTS...]
link() {
  local output=$1
  shift
  "$wasm_clang" -o "$output" "$@" "${wasm_link[@]}"
}
