#!/bin/sh
# Stores what is new in the proxy's log; takes the flags of `jobrunner ingest-telemetry`.
exec "${JOBRUNNER:-jobrunner}" ingest-telemetry "$@"
