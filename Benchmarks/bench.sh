#!/bin/sh
# The table of speed: our commands and their peers, measured side by side in one run.
#
#   Benchmarks/bench.sh [--quick]
#
#   JOBRUNNER   the binary to measure (default .build/release/jobrunner)
set -eu

root=$(cd -- "$(dirname -- "$0")/.." && pwd)
binary=${JOBRUNNER:-$root/.build/release/jobrunner}
if [ ! -x "$binary" ]; then
  echo "bench: $binary is not built; run: make release" >&2
  exit 66
fi
if ! command -v python3 >/dev/null; then
  echo "bench: python3 is needed to measure" >&2
  exit 69
fi
exec env PYTHONDONTWRITEBYTECODE=1 python3 "$root/Benchmarks/measure.py" --binary "$binary" --fixtures "$root/Tests/Fixtures" "$@"
