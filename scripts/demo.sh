#!/bin/sh
# Show the main job on a workspace of its own: ten agents, recorded exports, and a
# stand-in opencode that replays them. Nothing outside the folder demo/ is touched.
#
#   scripts/demo.sh [BINARY]      (default: the one built here)
set -eu

root=$(cd -- "$(dirname -- "$0")/.." && pwd)
fixtures=$root/Tests/Fixtures
binary=${1:-}
case $binary in
'' | /*) ;;
*) binary=$PWD/$binary ;;
esac
for candidate in "$root/.build/release/jobrunner" "$root/.build/debug/jobrunner"; do
  if [ -z "$binary" ] && [ -x "$candidate" ]; then binary=$candidate; fi
done
if [ -z "$binary" ]; then
  echo "demo: no jobrunner is built yet; run: make build" >&2
  exit 66
fi

demo=$root/demo
plan=$demo/plan
registry=$demo/.opencode-subagent/registry.json
rm -rf "$demo"
mkdir -p "$plan/exports" "$demo/.opencode-subagent"

# The agents that run need a process each; these do nothing, and end with the demo.
sleepers=''
stop_sleepers() {
  for pid in $sleepers; do kill "$pid" 2>/dev/null || :; done
}
trap stop_sleepers EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

now=$(date -u +%Y-%m-%dT%H:%M:%S.000Z)
records=''

# agent NAME STATUS EXPORT [SCRIPT]: one record, and what opencode will answer for it.
# SCRIPT is a sed script that gives the recorded export other numbers.
count=0
agent() {
  count=$((count + 1))
  session=ses_4adec0de$count'a1ffeLanternDemo00'
  pid=$((999900 + count)) exit_code=0
  started='"2026-02-13T10:00:00.000Z"' updated='"2026-02-13T10:24:10.000Z"' finished=$updated
  case $2 in
  running)
    sleep 600 &
    pid=$! sleepers="$sleepers $!" exit_code=null
    started=\"$now\" updated=\"$now\" finished=null
    ;;
  scheduled) pid=null exit_code=null session='' started=\"$now\" updated=\"$now\" finished=null ;;
  esac
  if [ -n "$3" ]; then
    sed "${4:-}" "$fixtures/opencode/exports/$3" >"$plan/exports/$session.json"
  fi
  session_json=null
  if [ -n "$session" ]; then session_json=\"$session\"; fi
  records="$records${records:+,}\"$1\":{\"name\":\"$1\",\"pid\":$pid,\"sessionId\":$session_json"
  records="$records,\"status\":\"$2\",\"exitCode\":$exit_code,\"startedAt\":$started"
  records="$records,\"updatedAt\":$updated,\"finishedAt\":$finished"
  records="$records,\"model\":\"opencode/gpt-5-nano\",\"variant\":null,\"resumeCount\":0"
  records="$records,\"prompt\":\"(not shown)\",\"cwd\":\"$demo\",\"error\":null,\"stderr\":null"
  records="$records,\"children\":[]}"
}

agent build/parser running v1-caching.json
agent build/renderer running v1-caching.json 's/151000/63400/; s/169695/82095/'
agent fix/flaky-login running children-numeric-times.json
agent docs/tutorial scheduled ''
agent review/parser 'done' v1-summary-last.json
agent review/api 'done' v1-after-compaction.json
agent test/fuzz-lexer 'done' v1-no-total.json
agent test/snapshots 'done' v1-minimal.json 's/"input": 12,/"input": 8412,/; s/"total": 21/"total": 8421/'
agent explore/legacy 'done' v1-caching.json 's/151000/31700/; s/169695/50395/'
agent explore/gone 'done' ''
printf '{"version":5,"agents":{%s},"updatedAt":"%s"}' "$records" "$now" >"$registry"
for name in child-survey:ses_4a7e1131cffeLanternSurvey02 \
  child-nested:ses_4a7e1141cffeLanternNested03 child-nested:ses_4a7e1151cffeLanternFailed06 \
  child-nested:ses_4a7e1161cffeLanternRunner07; do
  cp "$fixtures/opencode/exports/${name%%:*}.json" "$plan/exports/${name#*:}.json"
done
cp "$fixtures/opencode/models/verbose-v1.txt" "$plan/models.txt"

PATH=$fixtures/bin:$PATH
STAND_IN_DIR=$plan
export PATH STAND_IN_DIR
unset JOBRUNNER_WORKSPACE JOBRUNNER_STATE_DIR OPENCODE_PSA_DIR
cd "$demo"

say() { printf '\n%s\n' "$*"; }
show() {
  printf '$ jobrunner %s\n' "$*"
  "$binary" "$@"
}

say "Ten agents; nobody has looked at their sessions yet:"
show status --diagram
say "One run of the job exports what is due and merges the usage. When all is well it is silent:"
show refresh-usage
say "The same view, now from the cache in the registry:"
show status --diagram
say "One short line for a prompt or tmux:"
show status --line
say "One agent as JSON, for scripts:"
show status --name build/parser
say "The session that is gone did no harm; it is one line in usage-export.log:"
cat .opencode-subagent/usage-export.log
