#!/usr/bin/env python3
"""Compare tokens of both lanes per feature: `jobrunner cost-compare --csv` under its older name.

Takes --data-dir DIR, --file FILE or -, and --min N (rows shown), and hands them on.
"""
import os
import sys

jobrunner = os.environ.get("JOBRUNNER", "jobrunner")
try:
    os.execvp(jobrunner, [jobrunner, "cost-compare", "--csv", *sys.argv[1:]])
except OSError as error:
    sys.exit(f"proxy_cost_compare.py: {jobrunner}: {error.strerror}; put it on PATH or set JOBRUNNER")
