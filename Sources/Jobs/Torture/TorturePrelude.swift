/// The shell functions that workspaces to be tortured are made with.
///
/// Everything is made up, and nothing is taken from the machine but `sh`, `date` and `git`.
enum TorturePrelude {
  static let text = #"""
    set -e
    mkdir -p logs data/week0/live docs/Ledgers
    now=$(date +%s)
    at() { date -u -d "@$((now + $1))" +%Y-%m-%dT%H:%M:%SZ; }
    pane() {
      printf '/status\n  >_ OpenAI Codex (v0.46.0)\n'
      printf '  5h limit:      [##] %s%% used (resets %s)\n' "$1" \
        "$(date -u -d "@$((now + 14400))" +%H:%M)"
      printf '  Weekly limit:  [##] 40%% used\n'
    }
    panes() { pane 31 >one.txt; pane 35 >two.txt; }

    closed_window() {
      echo '{windows: {providers: ["codex"]}}' >jobrunner.json5
      printf '{"window":"W0-A","provider":"codex","phase":"before","captured_at":"%s",\#
    "notes":"alias","raw_text":"","parsed":{"fiveh_pct":11,"weekly_pct":61,"errors":[]},\#
    "source":"alias","schema_version":"1.0.0","tool_version":"0.1.0",\#
    "id":"00000000000000a1","agent_id":"main","host":"lamp","recorded_at":"%s",\#
    "account":null,"method":"app-server","age_s":0,"client_version":null,"limits":[\#
    {"limit_id":"codex","window_minutes":300,"used_percent":11,"resets_at":%s,\#
    "main":true},{"limit_id":"codex","window_minutes":10080,"used_percent":61,\#
    "resets_at":%s,"main":true}],"state":"started"}\n' \
        "$(at -15000)" "$(at -15000)" "$((now - 400))" "$((now + 259200))" \
        >data/week0/live/snapshots.jsonl
      sessions=../home/.codex/sessions/2026/11/05
      mkdir -p "$sessions"
      { rollout -8000 58 -400; rollout -460 71 -400; rollout -200 3 17600; } \
        >"$sessions/rollout-lantern.jsonl"
    }
    rollout() {
      printf '{"timestamp":"%s","type":"event_msg","payload":{"type":"token_count",\#
    "info":null,"rate_limits":{"limit_id":"codex","limit_name":null,\#
    "primary":{"used_percent":%s,"window_minutes":300,"resets_at":%s},\#
    "secondary":{"used_percent":61,"window_minutes":10080,"resets_at":%s},\#
    "plan_type":"plus"}}}\n' "$(at "$1")" "$2" "$((now + $3))" "$((now + 259200))"
    }

    events() {
      number=$1
      while [ "$number" -lt "$2" ]; do
        printf '{"ts":%s,"rid":"n%s","lane":"%s","model":"glm-4.6","status":200,\#
    "input_tokens":%s,"output_tokens":5,"reason":"ok","latency_ms":%s}\n' \
          "$((1772352000000 + number * 7))" "$number" glm "$number" "$((number % 400))"
        number=$((number + 1))
      done
    }
    cut_last_row() {
      rows=data/week0/live/proxy_telemetry.jsonl
      size=$(wc -c <$rows)
      head -c "$((size - 77))" $rows >rows.new && mv rows.new $rows
    }

    commits() {
      git init -q .
      echo one >lamp.txt && git add lamp.txt && git commit -qm one
      printf 'one\ntwo\n' >lamp.txt && git commit -qam two
    }
    books() {
      printf '# Handoff\n\nby hand\n' >docs/SESSION_HANDOFF.md
      printf '%s\n%s' "date,session_id,task,tokens_planned,tokens_actual,delta,commits,\#
    lines_added,lines_deleted,features_added,tests_added,notes" \
        '2025-01-01,n/a,end_of_session,5,6,1,0,0,0,0,0,window=W0-0' \
        >docs/Ledgers/Token_Churn_Ledger.csv
    }

    long_log() {
      echo '{rotate: {maxBytes: 4096, keepLines: 20}}' >jobrunner.json5
      mkdir .opencode-subagent
      number=0
      while [ $number -lt 200 ]; do
        echo "$number the wick is short, the lamp is cold, the oil is low"
        number=$((number + 1))
      done >.opencode-subagent/usage-export.log
    }

    record() {
      printf '"%s":{"name":"%s","pid":999999,"sessionId":"%s","status":"done","exitCode":0,\#
    "startedAt":"%s","updatedAt":"%s","finishedAt":"%s","model":"lab/lamp-1",\#
    "variant":null,"resumeCount":0,"prompt":"Trim the wick","cwd":"/","own":[1, 2.50]}' \
        "$1" "$1" "$2" "$(at -900)" "$(at -300)" "$(at -300)"
    }
    registry() {
      echo '{usage: {contextWindows: {"lab/lamp-1": 32768}}, refresh: {concurrency: 1}}' \
        >jobrunner.json5
      mkdir .opencode-subagent
      {
        printf '{"version":5, "foreign" : "kept", "agents":{'
        record one ses_EXAMPLE1
        printf ', '
        record two ses_EXAMPLE2
        printf '},"updatedAt":"%s"}\n' "$(at -300)"
      } >.opencode-subagent/registry.json
    }
    opencode_program() {
      cat >../bin/opencode <<'END'
    #!/bin/sh
    case $1 in
    --version) echo 1.18.30 ;;
    export)
      printf '{"info":{"id":"%s"},"messages":[{"info":{"role":"user","id":"m1","sessionID":"%s",' \
        "$2" "$2"
      printf '"time":{"created":1790000001000}},"parts":[]},{"info":{"role":"assistant","id":"m2",'
      printf '"sessionID":"%s","tokens":{"input":12,"output":9,"reasoning":0,' "$2"
      printf '"cache":{"read":0,"write":0}},"modelID":"lamp-1","providerID":"lab",'
      printf '"time":{"created":1790000002000,"completed":1790000004500},"finish":"stop"},'
      printf '"parts":[]}]}\n'
      ;;
    esac
    END
      chmod 755 ../bin/opencode
    }
    crontab_program() {
      cat >../bin/crontab <<'END'
    #!/bin/sh
    case $1 in
    -l) cat "$HOME/crontab" ;;
    -r) rm "$HOME/crontab" ;;
    *) cp "$1" "$HOME/crontab.new" && mv "$HOME/crontab.new" "$HOME/crontab" ;;
    esac
    END
      chmod 755 ../bin/crontab
      echo '5 4 * * * backup "of all"  # of another' >../home/crontab
    }

    """#
}
