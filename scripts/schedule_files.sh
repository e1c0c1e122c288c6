#!/bin/sh
# Writes the files that show a schedule, as the binary prints them with fixed values:
#
#   schedule_files.sh BINARY [FOLDER]
#
# crontab.example, docs/System/scheduler, deploy/kubernetes, and the marked parts of
# standing_jobs.md, below FOLDER (default: this package).
set -eu

binary=${1:?usage: schedule_files.sh BINARY [FOLDER]}
here=$(cd "$(dirname "$0")/.." && pwd)
target=${2:-$here}
units=$target/docs/System/scheduler

print() {
  env -i "$binary" schedule print --workspace /srv/app --binary /usr/local/bin/jobrunner "$@"
}

rm -f "$units"/jobrunner* "$target"/deploy/kubernetes/*.yaml
print --cron --output "$target"
print --systemd --output "$units"
print --systemd --system --output "$units/system"
print --launchd --output "$units"
print --kubernetes --output "$target/deploy/kubernetes"

# The part of the page between `<!-- begin NAME -->` and `<!-- end NAME -->`.
page=$units/standing_jobs.md
[ "$target" = "$here" ] || cp "$here/docs/System/scheduler/standing_jobs.md" "$page"
for part in crontab systemd; do
  {
    sed "/<!-- begin $part -->/q" "$page"
    if [ "$part" = crontab ]; then
      printf '```crontab\n'
      print --cron
    else
      printf '```ini\n'
      print --systemd
    fi
    printf '```\n'
    sed -n "/<!-- end $part -->/,\$p" "$page"
  } >"$page.new"
  mv "$page.new" "$page"
done
