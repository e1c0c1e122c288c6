"""`preview` over large ledgers: with nothing kept of them, and with what the last job kept."""

import datetime
import json
import os
import shutil

from meter import MEBI, interleaved, once
from telemetry_summary import stored_rows

WINDOWS = 2_000
READINGS_A_WINDOW = 5


def moment(start, minutes):
    return (start + datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def line(row):
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"


def ledgers(folder, windows=WINDOWS):
    """Readings with their panes, finalized windows and churn, as the jobs write them."""
    pane = "/status\n" + "".join(
        f"│  Line {n} of a pane, with a bar ███████░░░░ and {n}% used (resets 1{n}:00)   │\n"
        for n in range(10))
    start = datetime.datetime(2025, 10, 1, tzinfo=datetime.timezone.utc)
    stamp = {"schema_version": "1.0.0", "tool_version": "0.1.0", "agent_id": "main",
             "host": "bench"}
    number = 0
    with open(os.path.join(folder, "snapshots.jsonl"), "w") as snapshots, \
            open(os.path.join(folder, "windows.jsonl"), "w") as finalized, \
            open(os.path.join(folder, "churn.jsonl"), "w") as churn:
        for window in range(windows):
            name = f"W0-{window:04}"
            for reading in range(READINGS_A_WINDOW):
                number += 1
                at = moment(start, window * 300 + reading * 55)
                weekly = window % 33 * 3 + reading // 2
                ends = [int(start.timestamp()) + (window + 1) * 18_000,
                        int(start.timestamp()) + (window // 33 + 1) * 594_000]
                limits = [{"limit_id": "codex", "window_minutes": length, "used_percent": used,
                           "resets_at": end, "main": True}
                          for length, used, end in zip((300, 10_080), (reading * 10, weekly), ends)]
                snapshots.write(line({
                    "window": name, "provider": "codex",
                    "phase": "before" if reading < 2 else "after", "captured_at": at,
                    "notes": "alias:start", "raw_text": f"{pane}{number}",
                    "parsed": {"fiveh_pct": reading * 10, "weekly_pct": weekly, "errors": []},
                    "source": "alias", **stamp, "id": f"{number:016x}", "recorded_at": at,
                    "account": None, "method": "pane", "limits": limits}))
            at = moment(start, window * 300 + 290)
            finalized.write(line({
                "window": name, "finalized_at": at,
                "features": {"codex": window % 4, "claude": 0, "glm": 0}, "quality_score": 1,
                "quality": 1, "outcome": "pass", "notes": f"note {window}",
                "providers": {"codex": {"before": {}, "after": {}, "errors": [],
                                        "delta": {"fiveh_pct": 30, "weekly_pct": 2}}},
                "source": "complete", **stamp, "id": f"f{window:015x}"}))
            churn.write(line({
                "window": name, "provider": "codex", "methodology": None,
                "commit_start": f"{window:040x}", "commit_end": f"{window + 1:040x}",
                "files_changed": 3, "insertions": 40, "deletions": 10, "net": 30,
                "features": window % 4, "normalized_churn": None, "captured_at": at, "notes": "",
                "source": "churn", **stamp, "id": f"c{window:015x}"}))
    return number


def preview_rows(args, folder, row, figures):
    events = 100_000 if args.quick else 1_000_000
    root = os.path.join(folder, "views")
    data = os.path.join(root, "data/week0/live")
    os.makedirs(data)
    stored_rows(os.path.join(data, "proxy_telemetry.jsonl"), events)
    readings = ledgers(data)
    kept = os.path.join(root, ".jobrunner")
    keep = [args.binary, "ingest-telemetry"]
    environment = dict(os.environ, TZ="UTC")
    environment.pop("JOBRUNNER_WORKSPACE", None)
    options = {"cwd": root, "env": environment}

    cold = interleaved({"jobrunner": [args.binary, "preview"]}, args.rounds, **options)["jobrunner"]
    made = os.path.exists(kept)
    row(f"preview, {readings:,} readings, {WINDOWS:,} windows, {events:,} events", "jobrunner",
        figures(cold) + ("  A VIEW WROTE" if made else ""), "<= 250 ms, rss <= 64 MiB", "",
        cold.wall <= 0.250 and cold.rss <= 64 * MEBI and not cold.failed and not made)

    def nothing_kept():
        shutil.rmtree(kept, ignore_errors=True)
        # A workspace that no job has run in keeps nothing.
        os.makedirs(kept)

    nothing_kept()
    once(keep, **options)
    size = sum(os.path.getsize(os.path.join(kept, name)) for name in os.listdir(kept)
               if name.endswith(".cache"))
    commands = {"all": [args.binary, "preview"],
                "json": [args.binary, "preview", "--json"],
                "one": [args.binary, "preview", "--window", f"W0-{WINDOWS // 2:04}"],
                "/bin/true": [shutil.which("true")]}
    warm = interleaved(commands, args.rounds, **options)
    for name, title in (("all", "  again, nothing changed"), ("json", "  the same as JSON"),
                        ("one", "  one window")):
        found = warm[name]
        row(title, "jobrunner", figures(found), "<= 15 ms", "",
            found.wall <= 0.015 and not found.failed)
    row("", "/bin/true", figures(warm["/bin/true"]))

    first = interleaved({"run": keep}, max(3, args.rounds // 8),
                        before=nothing_kept, **options)["run"]

    def one_more():
        with open(os.path.join(data, "proxy_telemetry.jsonl"), "rb+") as out:
            out.seek(-1_000, os.SEEK_END)
            last = out.read().splitlines(keepends=True)[-1]
            out.write(last)

    more = interleaved({"run": keep}, max(3, args.rounds // 8), before=one_more,
                       **options)["run"]
    row(f"  a job that keeps it ({size / 1e6:.1f} MB), all anew", "jobrunner", figures(first))
    row("  one event later", "jobrunner", figures(more))
