#!/bin/sh
# The table of speed: our commands and their peers, measured side by side in one run.
#
#   scripts/bench/bench.sh [BINARY] [--quick] [--page FILE]      (default .build/release/jobrunner)
set -eu

root=$(cd -- "$(dirname -- "$0")/../.." && pwd)
binary=$root/.build/release/jobrunner
case ${1:-} in
'' | -*) ;;
*)
  binary=$1
  shift
  ;;
esac
if [ ! -x "$binary" ]; then
  echo "bench: $binary is not built; run: make release" >&2
  exit 66
fi
if ! command -v python3 >/dev/null; then
  echo "bench: python3 is needed to measure" >&2
  exit 69
fi
exec env PYTHONDONTWRITEBYTECODE=1 python3 "$root/scripts/bench/measure.py" --binary "$binary" --fixtures "$root/Tests/Fixtures" "$@"
