#!/usr/bin/env bash
# obtain.sh DIRECTORY: fetches the official test scripts, at the commit that this version is tested against, into DIRECTORY
# (which then holds core/ and custom/). Prints nothing on success; on failure one line, and leaves no DIRECTORY behind.
set -u
repository=https://github.com/WebAssembly/spec.git
commit=285a9032950cbad6a9f84de11183008e286092a2

directory=$1
[ -d "$directory/core" ] && exit 0
command -v git >/dev/null || { echo "git is missing"; exit 1; }
work=$directory.part
rm -rf "$work" && mkdir -p "$work" || exit 1
trap 'rm -rf "$work"' EXIT
export GIT_TERMINAL_PROMPT=0 GIT_HTTP_LOW_SPEED_LIMIT=1000 GIT_HTTP_LOW_SPEED_TIME=30
{
  git -C "$work" init -q &&
    git -C "$work" fetch -q --depth 1 "$repository" "$commit" &&
    git -C "$work" checkout -q FETCH_HEAD -- test/core test/custom
} >"$work.log" 2>&1 || { echo "cannot fetch $repository: $(tail -n 1 "$work.log")"; rm -f "$work.log"; exit 1; }
rm -f "$work.log"
mkdir -p "$directory" && mv "$work/test/custom" "$work/test/core" "$directory"
