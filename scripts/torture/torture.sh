#!/usr/bin/env bash
# The whole torture: every writing command of a release binary on a disk, then the fault tables,
# conditions, storms, fuzz tests and zones at full size. Leaves .build/torture.json and renews the
# README's table of what was checked.
#
# usage: torture.sh BINARY [POINTS]     at most POINTS system calls a command; all by default
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$1
points=${2:-}
out=.build/torture
rm -rf "$out"
mkdir -p "$out"
: >"$out/tests.jsonl"

status=0
"$binary" torture --dir "$out" ${points:+--points "$points"} --seed "${JOBRUNNER_TORTURE_SEED:-1}" \
  --json >"$out/commands.json" || status=$?
[ "$status" = 0 ] || [ "$status" = 1 ] || exit "$status"

JOBRUNNER_TEST_SCALE=large JOBRUNNER_TEST_RESULTS="$PWD/$out/tests.jsonl" \
  swift test --filter 'FaultTests|SharedTests|ResetSchedule|HostileInput|Torture' || status=$?

jq -s '{date: (now | todate), commands: .[0].commands, seed: .[0].seed,
        file_system: .[0].file_system, tests: .[1:]}' \
  "$out/commands.json" "$out/tests.jsonl" >.build/torture.json
scripts/torture/readme_table.sh .build/torture.json
exit "$status"
