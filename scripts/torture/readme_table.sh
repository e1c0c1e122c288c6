#!/usr/bin/env bash
# Writes the README's table of promises and how each was checked, from what a torture has left.
#
# usage: readme_table.sh .build/torture.json
set -euo pipefail
results=$1
readme=${2:-$(dirname "$0")/../../README.md}
begin='<!-- torture:begin, written by make torture -->'
end='<!-- torture:end -->'

table=$(jq -r '
  def sum(f): map(f) | add // 0;
  def thousands: tostring | explode | reverse
    | [range(0; length) as $i | (if $i > 0 and $i % 3 == 0 then 44, .[$i] else .[$i] end)]
    | reverse | implode;
  (.commands | map(select(.skipped == null))) as $commands
  | (.tests | map(select(.kind == "inputs"))) as $inputs
  | (.tests | map(select(.kind == "storm"))) as $storms
  | (.tests | map(select(.kind == "cuts"))) as $cuts
  | (.tests | map(select(.kind == "states"))) as $states
  | (.tests | map(select(.kind == "lines"))) as $lines
  | (.tests | map(select(.kind == "stretches"))) as $stretches
  | ["| checked | how often | did not hold |", "|---|---|---|"]
  + ($commands | group_by(.command) | map(
      "| `\(.[0].command)`, hit at its system calls | \(sum(.points) | thousands) calls of "
      + "\(sum(.all_points) | thousands), \(sum(.faults) | thousands) faults | "
      + "\(sum(.violations | length)) |"))
  + (if $cuts == [] then [] else
      ["| power cuts | \($cuts | sum(.cuts) | thousands) | \($cuts | sum(.violations)) |"] end)
  + (if $storms == [] then [] else
      ["| runs at once, a third of them killed | \($storms | sum(.runs) | thousands) | "
       + "\($storms | sum(.violations)) |"] end)
  + (if $states == [] then [] else
      ["| orders in which lock users can come, a crash anywhere | "
       + "\($states | sum(.states) | thousands) states | \($states | sum(.violations)) |"] end)
  + ($lines | group_by(.rotator) | map(
      "| lines that a writer loses to `\(.[0].rotator)` | of \(sum(.lines) | thousands) | "
      + "\(sum(.lost) | thousands) |"))
  + (if $stretches == [] then [] else
      ["| changes of a clock, 1990-2037, \($stretches[0].zones) zones, windows closed once | "
       + "\($stretches | sum(.stretches) | thousands) | 0 |"] end)
  + (if $inputs == [] then [] else
      ["| damaged inputs, \($inputs | length) readers | \($inputs | sum(.inputs) | thousands) | 0 |"]
      end)
  + ["", "\(.date | .[0:10]), seed \(.seed), \(.file_system)."]
  | .[]' "$results")

awk -v begin="$begin" -v end="$end" -v table="$table" '
  $0 == begin { print; print table; skipping = 1; next }
  $0 == end { skipping = 0 }
  !skipping { print }' "$readme" >"$readme.new"
grep -qxF "$end" "$readme.new" || { echo "$readme has no $begin" >&2; rm "$readme.new"; exit 65; }
mv "$readme.new" "$readme"
