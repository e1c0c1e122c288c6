#!/bin/sh
# Refreshes the usage of all due opencode sessions; takes the flags of `jobrunner refresh-usage`.
exec "${JOBRUNNER:-jobrunner}" refresh-usage "$@"
