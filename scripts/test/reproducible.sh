#!/bin/sh
# Builds the last commit twice, in two folders with other names, and compares the programs:
#
#   reproducible.sh [FOLDER]
#
# The same commit, compiler and system make the same file, wherever it is built. Takes as long as
# two release builds.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-$(mktemp -d)}
[ -n "${1:-}" ] || trap 'rm -rf "$work"' EXIT
for name in first the-second-folder; do
  rm -rf "${work:?}/$name"
  git clone -q "$here" "$work/$name"
  [ ! -f "$here/Package.resolved" ] || cp "$here/Package.resolved" "$work/$name/"
  make -s -C "$work/$name" release >"$work/$name.log" 2>&1 || { cat "$work/$name.log" >&2; exit 1; }
  sha256sum "$work/$name/.build/release/jobrunner"
done
cmp "$work/first/.build/release/jobrunner" "$work/the-second-folder/.build/release/jobrunner"
echo "both builds are the same"
