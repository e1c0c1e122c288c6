#!/bin/sh
# L11 and the first half of Scenario 10: usage of a live opencode session, end to end.
#
# Usage: scripts/live_session.sh [jobrunner]. Costs one short answer of a free model.
set -eu

jobrunner=${1:-.build/release/jobrunner}
model=${OPENCODE_TEST_MODEL:-opencode/gpt-5-nano}

if ! command -v opencode >/dev/null 2>&1; then
  echo "skipped: opencode is not installed; L11 and Scenario 10 need a real session"
  exit 0
fi

workspace=$(mktemp -d)
trap 'rm -rf "$workspace"' EXIT
title="jobrunner live check $$"
(cd "$workspace" && opencode run "Answer with the single word: ready" \
  --title "$title" --model "$model" </dev/null >/dev/null)

# Through a file: opencode cuts what it writes to a pipe.
(cd "$workspace" && opencode session list --format json >sessions.json </dev/null)
session=$(grep -o '"ses_[A-Za-z0-9_-]*"' "$workspace/sessions.json" | head -n 1 | tr -d '"')
[ -n "$session" ] || { echo "failed: opencode lists no session"; exit 1; }

now=$(date -u +%Y-%m-%dT%H:%M:%S.000Z)
mkdir "$workspace/.opencode-subagent"
cat >"$workspace/.opencode-subagent/registry.json" <<REGISTRY
{"version":5,"agents":{"live":{"name":"live","pid":null,"sessionId":"$session","status":"done",
"exitCode":0,"startedAt":"$now","updatedAt":"$now","finishedAt":"$now","model":"$model",
"cwd":"$workspace"}},"updatedAt":"$now"}
REGISTRY

"$jobrunner" --workspace "$workspace" refresh-usage --verbose
"$jobrunner" --workspace "$workspace" status --diagram
"$jobrunner" --workspace "$workspace" status >"$workspace/status.json"
messages=$(sed 's/.*"messageCount":\([0-9]*\).*/\1/' "$workspace/status.json")
tokens=$(sed 's/.*"dialogTokens":\([0-9]*\).*/\1/' "$workspace/status.json")
if [ "$messages" -ge 2 ] && [ "$tokens" -gt 0 ]; then
  echo "passed: $messages messages, $tokens tokens"
else
  echo "failed: expected at least 2 messages and tokens above 0"
  exit 1
fi
