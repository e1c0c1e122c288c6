#!/usr/bin/env python3
"""Count the instructions of two fixed runs, and compare them with a baseline.

    instructions.py BINARY [--write]

Clocks of shared machines are no measure of a change of some percent; counts are. They depend on the
processor (glibc chooses its functions by it), glibc and the compiler, so they are held against the
baseline only where all three are those it was taken with. --write takes a new one.

Ends with 1 where a run takes over 3 % more or less than its baseline: less is to be written down.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from page import first_line, processor
from workloads import proxy_log, registry, workspace

TOLERANCE = 0.03
BASELINE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "instructions.json")


def machine():
    libc = os.confstr("CS_GNU_LIBC_VERSION")
    swift = re.search(r"\(swift-[^)]*\)", first_line("swift", "--version") or "")
    return {"processor": processor(), "libc": libc, "swift": swift.group(0) if swift else None}


def count(command, folder):
    """The instructions of a run in an environment of its own."""
    environment = {"HOME": folder, "PATH": "/usr/bin:/bin", "TZ": "UTC", "JOBRUNNER_FSYNC": "off",
                   "SWIFT_DETERMINISTIC_HASHING": "1"}
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command], cwd=folder,
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode or not found:
        sys.exit(f"instructions: {' '.join(command)} ended with {run.returncode}\n{run.stderr}")
    return int(found.group(1))


def counts(binary, folder):
    # The lengths of paths count too.
    agents = workspace(folder, "agents", registry(100))
    log = workspace(folder, "log", registry(1))
    os.makedirs(os.path.join(log, "logs"))
    proxy_log(os.path.join(log, "logs", "usage.jsonl"), 100_000)
    return {"status, 100 agents": count([binary, "status"], agents),
            "ingest-telemetry, 100,000 lines": count([binary, "ingest-telemetry"], log)}


def compare(known, taken):
    """One line a run; whether all are as they were."""
    good = True
    for name, now in taken.items():
        before = known.get(name)
        change = now / before - 1 if before else None
        verdict = "new" if change is None else f"{change:+.2%}"
        if change is None or abs(change) > TOLERANCE:
            verdict += "  NOT WITHIN 3 %"
            good = False
        print(f"{name:34} {now:>15,} instructions  {verdict}")
    return good


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if not shutil.which("valgrind"):
        print("skipped: valgrind is not installed, instructions are not counted")
        return 0
    folder = tempfile.mkdtemp(prefix="jobrunner-count-", dir="/tmp")
    try:
        # At a path of its own length wherever the tree is.
        binary = shutil.copy(sys.argv[1], os.path.join(folder, "jobrunner"))
        taken = counts(binary, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    here = machine()
    if "--write" in sys.argv:
        with open(BASELINE, "w") as file:
            json.dump({"machine": here, "instructions": taken}, file, indent=2)
            file.write("\n")
        print(f"written to {os.path.relpath(BASELINE)}")
    with open(BASELINE) as file:
        known = json.load(file)
    good = compare(known["instructions"], taken)
    if known["machine"] != here:
        print(f"skipped: the baseline is of {known['machine']}, this is {here}")
        return 0
    if not good:
        print("instructions: look why, then write it down with make instructions ARGS=--write")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
