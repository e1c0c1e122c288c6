#!/bin/sh
# Debian's own cron runs the shipped crontab.example, at a faster clock, in a mount namespace of its own:
#
#   cron_day.sh BINARY [ZONE START HOURS]
#
# Without more, two runs beside each other: a day in UTC, and one in Havana whose clock leaves out
# 00:00 to 01:00. Afterwards: every job ran as often as it should, nothing was mailed but by the
# line that is there to show that mail is noticed, and the window was closed once. BINARY must take a
# preloaded library: no static one. Prints why where it cannot be done.
set -eu

binary=$(realpath "${1:?usage: cron_day.sh BINARY [ZONE START HOURS]}")
here=$(cd "$(dirname "$0")/../.." && pwd)
speed=${CRON_DAY_SPEED:-600}

for tool in cron faketime unshare python3; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 0; }
done
compiler=$(command -v cc || command -v clang) || { echo 'skipped: no C compiler'; exit 0; }
[ "$(id -u)" = 0 ] || { echo 'skipped: only root may mount over the crontabs'; exit 0; }
unshare -m true 2>/dev/null || { echo 'skipped: no mount namespace is allowed here'; exit 0; }

if [ $# -eq 1 ]; then
  "$0" "$binary" UTC '2025-03-08 12:00:00' 24 &
  first=$!
  "$0" "$binary" America/Havana '2025-03-08 12:00:00' 24 &
  second=$!
  status=0
  wait $first || status=1
  wait $second || status=1
  exit $status
fi

zone=$2 start=$3 hours=$4
folder=$(mktemp -d "${TMPDIR:-/tmp}/cron-day.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$folder/bin" "$folder/sbin" "$folder/srv" "$folder/srv/app" "$folder/home"
cp "$(command -v cron)" "$folder/sbin/cron"

# The library scales timers of the clock that it was told to leave alone; these are the system's own.
cat >"$folder/timers.c" <<END
#include <sys/syscall.h>
#include <unistd.h>
int timerfd_settime(int file, int flags, const void *new, void *old) {
  return syscall(SYS_timerfd_settime, file, flags, new, old);
}
int timerfd_gettime(int file, void *now) { return syscall(SYS_timerfd_gettime, file, now); }
END
"$compiler" -shared -fPIC -o "$folder/timers.so" "$folder/timers.c"

# Mail goes nowhere but into a file.
cat >"$folder/sbin/sendmail" <<END
#!/bin/sh
cat >>"$folder/mail"
END
# Notes each run, and how it ended.
cat >"$folder/bin/jobrunner" <<END
#!/bin/sh
if ! "$binary" --help | grep -q "^  \$1 "; then
  echo "\$(date '+%F %H:%M') \$1 not built in" >>"$folder/runs"
  exit 0
fi
LD_PRELOAD="$folder/timers.so \$LD_PRELOAD" "$binary" "\$@"
status=\$?
echo "\$(date '+%F %H:%M') \$1 \$status" >>"$folder/runs"
exit \$status
END
# Tells of a window that resets at 00:01, or 01:01 where there is no such time, and of those after it.
end=$(TZ=$zone date -d "$start" +%s)
reset=$((end + 12 * 3600 + 60))
cat >"$folder/bin/codex" <<END
#!/bin/sh
now=\$(date +%s) resets=$reset
while [ "\$resets" -le "\$now" ]; do resets=\$((resets + 18000)); done
export CODEX_STANDIN=ok-0.163 CODEX_STANDIN_USED=\$(((18000 - resets + now) / 200))
export CODEX_STANDIN_RESETS_AT=\$resets CODEX_STANDIN_WEEKLY_RESETS_AT=\$(($end + 500000))
exec "$here/Tests/Fixtures/bin/codex" "\$@"
END
chmod +x "$folder/sbin/sendmail" "$folder/bin/"*
# The window that is open at the start, as an earlier run left it.
data=$folder/srv/app/data/week0/live
mkdir -p "$data"
at=$(date -u -d "@$((end - 1800))" +%Y-%m-%dT%H:%M:%S.000Z)
cat >"$data/snapshots.jsonl" <<END
{"window":"W0-CHN","provider":"codex","phase":"before","captured_at":"$at","notes":"","raw_text":"","parsed":{"fiveh_pct":11,"weekly_pct":61,"errors":[]},"source":"window-reset","schema_version":"1.0.0","tool_version":"0.1.0","id":"00000000000000a1","agent_id":"main","host":"lamp","recorded_at":"$at","account":null,"method":"app-server","age_s":0,"client_version":null,"limits":[{"limit_id":"codex","window_minutes":300,"used_percent":11,"resets_at":$reset,"main":true}],"state":"started"}
END
echo "{windows: {providers: ['codex']}}" >"$folder/srv/app/jobrunner.json5"

export folder here zone start hours speed
# shellcheck disable=SC2016 # all of it belongs to the shell in there
unshare -m sh -c '
  set -eu
  mkdir -p /srv
  for place in /var/spool/cron/crontabs /etc/cron.d /run; do mount -t tmpfs tmpfs $place; done
  : >"$folder/empty"
  mount --bind "$folder/empty" /etc/crontab
  mount --bind "$folder/bin" /usr/local/bin
  mount --bind "$folder/srv" /srv
  mount --bind "$folder/sbin" /usr/sbin
  # Deadlines are real ones: they go by the clock that is never set.
  export TZ=$zone FAKETIME_DONT_RESET=1 FAKETIME_DONT_FAKE_MONOTONIC=1
  # The library and its clock reach the jobs by lines above the shipped file.
  timeout -k 5 $((hours * 3600 / speed + 60)) faketime -f "@$start x$speed" sh -c "
    {
      echo LD_PRELOAD=\$LD_PRELOAD
      echo \"FAKETIME=\$FAKETIME\"
      echo \"FAKETIME_SHARED=\$FAKETIME_SHARED\"
      echo FAKETIME_DONT_RESET=1
      echo FAKETIME_DONT_FAKE_MONOTONIC=1
      echo TZ=\$TZ
      echo HOME=$folder/home
      echo \"30 13 * * * echo control\"
      cat $here/crontab.example
    } >/var/spool/cron/crontabs/root
    chmod 600 /var/spool/cron/crontabs/root
    exec timeout $((hours * 3600 / speed)) cron -f
  " 2>"$folder/cron.log" || [ $? -eq 124 ]
'
sleep 2

python3 - "$folder" "$zone" "$hours" <<'END'
import collections, json, os, sys

folder, zone, hours = sys.argv[1], sys.argv[2], int(sys.argv[3])
faults = []
runs = [line.split(" ", 3) for line in open(f"{folder}/runs").read().splitlines()]
count = collections.Counter(run[2] for run in runs)
for run in runs:
    if run[3] not in ("0", "not built in"):
        faults.append("failed: " + " ".join(run))
# The first and the last minute may fall on either side of the start and the end.
expected = {
    "refresh-usage": (hours * 60, 20), "ingest-telemetry": (hours * 12, 4),
    "window-reset": (hours, 1), "ledger-checkpoint": (hours, 1),
    "rotate-log": (1, 0), "cost-compare": (1, 0),
}
for job, (number, slack) in expected.items():
    if abs(count[job] - number) > slack:
        faults.append(f"{job} ran {count[job]} times, not {number}")
mail = open(f"{folder}/mail").read() if os.path.exists(f"{folder}/mail") else ""
if mail.count("Subject:") != 1 or "control" not in mail:
    faults.append(f"mailed:\n{mail}")
rows = [json.loads(line) for line in open(f"{folder}/srv/app/data/week0/live/snapshots.jsonl")]
ends = [row for row in rows if row["window"] == "W0-CHN" and row["phase"] == "after"]
starts = collections.Counter(row["window"] for row in rows if row["phase"] == "before")
if len(ends) != 1:
    faults.append(f"W0-CHN has {len(ends)} rows of AFTER")
if any(number != 1 for number in starts.values()):
    faults.append(f"BEFORE: {dict(starts)}")
print(f"{zone}: {len(runs)} runs {dict(count)}, {len(starts)} windows")
for fault in faults:
    print(f"{zone}: {fault}", file=sys.stderr)
sys.exit(1 if faults else 0)
END
