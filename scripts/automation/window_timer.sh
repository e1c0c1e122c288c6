#!/bin/sh
# Runs `jobrunner window-reset` with the window names of a schedule file: one name a line, in their
# order; `#` begins a comment.
#
#   window_timer.sh [FILE] [FLAGS OF window-reset]
#
# When a window is due is not in the file: the ledger tells that.
set -eu

file=docs/System/scheduler/windows.local.txt
case ${1:-} in
'' | -*) ;;
*)
  file=$1
  shift
  ;;
esac
if [ ! -r "$file" ]; then
  echo "window_timer.sh: $file: cannot be read; write one window name a line into it" >&2
  exit 66
fi
names=$(sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$file" | paste -s -d , -)
exec "${JOBRUNNER:-jobrunner}" window-reset ${names:+--sequence "$names"} "$@"
