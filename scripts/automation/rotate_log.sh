#!/bin/sh
# Cuts the export error log to its newest lines; takes the flags of `jobrunner rotate-log`.
exec "${JOBRUNNER:-jobrunner}" rotate-log "$@"
