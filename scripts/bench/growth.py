"""How time and memory grow with the telemetry: ten times the rows, ten times the time at most."""

import os
import shutil
import time

from meter import MEBI, interleaved
from telemetry_summary import stored_rows
from workloads import proxy_log

LEDGER = "data/week0/live/proxy_telemetry.jsonl"
LOG = "logs/usage.jsonl"


def repeated(source, path, times, are_new):
    """Write a file behind itself; are_new gives the requests of each copy names of their own."""
    with open(path, "wb") as out:
        for number in range(times):
            with open(source, "rb") as file:
                rest = b""
                while block := file.read(16 << 20):
                    lines, end, rest = (rest + block).rpartition(b"\n")
                    text = lines + end
                    if are_new:
                        text = text.replace(b'"rid":"R', b'"rid":"%dR' % number)
                    out.write(text)


def workspaces(folder, name, sizes, write, are_new):
    """A workspace for each size; the largest repeats the one before."""
    made = {}
    for size in sizes:
        root = os.path.join(folder, f"{name}-{size}")
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path))
        if size == sizes[-1]:
            repeated(os.path.join(made[sizes[-2]], name), path, size // sizes[-2], are_new)
        else:
            write(path, size)
        made[size] = root
    return made


def report(row, work, taken, sizes, bytes_a_row=None):
    """One row a size. Time is that of the processor, which other programs disturb least."""
    floor = taken[sizes[0]].rss
    for before, size in zip([None] + sizes, sizes):
        result = taken[size]
        text = f"{result.wall * 1000:8.0f} ms  cpu {result.cpu * 1e9 / size:6.0f} ns a row"
        text += f"  rss {result.rss / MEBI:7.1f} MiB"
        met, must = None, ""
        if result.failed:
            text += f"  FAILED {result.failed[0]}"
        if before:
            growth = result.cpu / taken[before].cpu * before / size
            more = (result.rss - floor) / (size - sizes[0])
            text += f"  {growth:.2f}x the time a row, {more:.1f} bytes more a row"
            must = "<= 1.15x, "
            must += "memory flat" if bytes_a_row is None else f"<= {bytes_a_row} bytes"
            met = (growth <= 1.15 and not result.failed
                   and (result.rss <= floor + 4 * MEBI if bytes_a_row is None
                        else more <= bytes_a_row))
        row(f"{work}, {size:,} rows", "jobrunner", text, must, "", met)


def growth_rows(args, folder, row):
    sizes = [10_000, 100_000, 1_000_000] if args.quick else [100_000, 1_000_000, 10_000_000]
    compare = [args.binary, "cost-compare", "--dry-run"]

    # The same 20,000 requests over and over, as features come again.
    roots = workspaces(folder, LEDGER, sizes, stored_rows, are_new=False)
    for work, command in (("summary", [args.binary, "preview"]), ("pairs by feature", compare)):
        taken = {size: interleaved({"": command}, 3, cwd=root)[""] for size, root in roots.items()}
        report(row, work, taken, sizes)
    remove(roots)

    # Each request another one: pairs can only be told from all of them, so memory follows them.
    roots = workspaces(folder, LEDGER, sizes,
                       lambda path, size: stored_rows(path, size, requests=size // 2), True)
    taken = {size: interleaved({"": compare}, 3, cwd=root)[""] for size, root in roots.items()}
    report(row, "pairs, two rows a request", taken, sizes, bytes_a_row=PAIR_BYTES)
    remove(roots)

    roots = workspaces(folder, LOG, sizes, proxy_log, are_new=True)
    environment = dict(os.environ, JOBRUNNER_FSYNC="off")
    time.sleep(2)  # a file that was written just now is looked at again
    taken = {}
    for size, root in roots.items():
        def forget(root=root):
            for name in ("data", ".jobrunner"):
                shutil.rmtree(os.path.join(root, name), ignore_errors=True)
        run = {"": [args.binary, "ingest-telemetry"]}
        taken[size] = interleaved(run, 3, before=forget, cwd=root, env=environment)[""]
        forget()
    report(row, "first ingest", taken, sizes, bytes_a_row=32)
    remove(roots)


# Of a request with a row on each side: its name, its sums on both, and its line of the answer.
PAIR_BYTES = 512


def remove(roots):
    for root in roots.values():
        shutil.rmtree(root)
