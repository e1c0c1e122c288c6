#!/bin/sh
# Closes the books of a window; takes the flags of `jobrunner ledger-checkpoint`.
#
# One at a time in a workspace, so that what others put around this script is not mixed up either;
# the ledgers themselves are locked by the job.
set -eu

state=${JOBRUNNER_STATE_DIR:-.jobrunner}
case $state in
/*) ;;
*) state=${JOBRUNNER_WORKSPACE:-.}/$state ;;
esac
if ! command -v flock >/dev/null || ! mkdir -p "$state/locks"; then
  exec "${JOBRUNNER:-jobrunner}" ledger-checkpoint "$@"
fi
# Without -o the lock would live on in whatever the job leaves running.
exec flock -o -E 75 -w 30 "$state/locks/ledger_checkpoint.sh.lock" \
  "${JOBRUNNER:-jobrunner}" ledger-checkpoint "$@"
