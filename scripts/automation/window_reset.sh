#!/bin/sh
# Closes windows that have reset and opens the next; takes the flags of `jobrunner window-reset`.
exec "${JOBRUNNER:-jobrunner}" window-reset "$@"
