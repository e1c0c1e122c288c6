"""Measure jobrunner and its peers, and print one table.

Every row runs its commands in interleaved rounds, so that a noisy minute hits all of them, and
shows medians.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from growth import growth_rows
from meter import MEBI, interleaved, meter, once
from page import write_page
from preview_views import preview_rows
from rotation import rotation_row
from telemetry_summary import telemetry_rows
from workloads import (current_rollout, large_export, proxy_log, registry, rollouts,
                       workspace)

rows = []


def row(work, who, measured, must="", goal="", met=None):
    verdict = {None: "", True: "yes", False: "NO"}[met]
    rows.append([work, who, measured, must, goal, verdict])


def figures(result, memory=True):
    text = f"{result.wall * 1000:8.2f} ms  cpu {result.cpu * 1000:8.2f} ms"
    if memory:
        text += f"  rss {result.rss / MEBI:6.1f} MiB"
    if result.failed:
        text += f"  FAILED {result.failed[0]}"
    return text


def absent(work, who, why="not installed"):
    row(work, who, why)


def print_table():
    head = ["work", "program", "measured", "must", "goal", "met"]
    widths = [max(len(r[i]) for r in rows + [head]) for i in range(len(head))]
    for line in [head, ["-" * w for w in widths]] + rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def duckdb_command(path, query):
    try:
        import duckdb  # noqa: F401
    except ImportError:
        return None
    script = f"import duckdb; duckdb.sql({query!r}.replace('FILE', {path!r})).fetchall()"
    return [sys.executable, "-c", script]


def status_row(args, folder, count, must_ms):
    work = f"status, {count:,} agents"
    root = workspace(folder, f"status{count}", registry(count))
    file = os.path.join(root, ".opencode-subagent", "registry.json")
    work += f" ({os.path.getsize(file) / 1000:,.0f} kB)"
    commands = {"jobrunner": [args.binary, "status"],
                "jobrunner --diagram": [args.binary, "status", "--diagram"],
                "/bin/true": [shutil.which("true")]}
    node, jq = shutil.which("node"), shutil.which("jq")
    if node:
        commands["node -e 0"] = [node, "-e", "0"]
    if jq:
        commands["jq"] = [jq, "-c", "[.agents[]|{name,status,pid,usage}]", file]
    original = shutil.which("opencode-subagent")
    if original:
        commands["opencode-subagent"] = [original, "status"]
    duck = duckdb_command(file, "select json_extract(json, '$.agents.*.usage') "
                                "from read_json_objects('FILE', maximum_object_size=99999999)")
    if duck:
        commands["duckdb (python)"] = duck
    results = interleaved(commands, args.rounds, cwd=root)
    own, true = results["jobrunner"], results["/bin/true"]
    met = own.wall * 1000 <= must_ms and not own.failed
    if count == 100:
        must = "<= 5 ms, <= 1/20 of node"
        if node:
            met = met and own.wall <= results["node -e 0"].wall / 20
        limit = 3 * true.wall + 0.002
        goal = f"<= {limit * 1000:.2f} ms" + (" (met)" if own.wall <= limit else "")
    else:
        met = met and own.rss <= 30 * MEBI
        must = "<= 25 ms, rss <= 30 MiB"
        goal = "<= 15 ms" + (" (met)" if own.wall <= 0.015 else "")
    row(work, "jobrunner", figures(own), must, goal, met)
    for name, result in results.items():
        if name != "jobrunner":
            row("", name, figures(result))
    for name, there in (("node -e 0", node), ("jq", jq), ("opencode-subagent", original),
                        ("duckdb (python)", duck)):
        if not there:
            absent("", name)


def stand_in_environment(args, plan):
    environment = dict(os.environ, STAND_IN_DIR=plan)
    environment["PATH"] = os.path.join(args.fixtures, "bin") + ":" + environment["PATH"]
    for name in ("JOBRUNNER_WORKSPACE", "JOBRUNNER_STATE_DIR", "OPENCODE_PSA_DIR"):
        environment.pop(name, None)
    return environment


def export_row(args, folder):
    """The cost of reading is that of a run on the large export, less a run on a small one, less
    the copying of the large one by the stand-in."""
    plan = os.path.join(folder, "plan81")
    os.makedirs(os.path.join(plan, "exports"))
    session = "ses_4abe00000001ffeBenchmark0000"
    source = os.path.join(plan, "exports", f"{session}.json")
    size = large_export(args.fixtures, source, args.export_bytes)
    small = os.path.join(folder, "small.json")
    large_export(args.fixtures, small, 1)
    environment = stand_in_environment(args, plan)
    text = registry(1, usage=False).replace("ses_4abe00000000", "ses_4abe00000001")
    root = workspace(folder, "large", text)
    file = os.path.join(root, ".opencode-subagent", "registry.json")

    def again():
        shutil.rmtree(os.path.join(root, ".jobrunner"), ignore_errors=True)
        with open(file, "w") as out:
            out.write(text)

    run = {"run": [args.binary, "refresh-usage"]}
    rounds = max(3, args.rounds // 4)
    large = interleaved(run, rounds, before=again, cwd=root, env=environment)["run"]
    with open(file) as f:
        usage = json.load(f)["agents"]["agent/00000"].get("usage")
    copied = interleaved({"cat": [shutil.which("cat"), source]}, rounds,
                         stdout=os.path.join(folder, "copy"))["cat"]
    kept = source + ".large"
    os.rename(source, kept)
    shutil.copy(small, source)
    little = interleaved(run, rounds, before=again, cwd=root, env=environment)["run"]
    os.rename(kept, source)
    cpu = max(1e-4, large.cpu - little.cpu - copied.cpu)
    wall = max(1e-4, large.wall - little.wall - copied.wall)
    speed = size / cpu / 1e6
    measured = (f"{speed:8.0f} MB/s on one core ({wall * 1000:.0f} ms)"
                f"  rss {large.rss / MEBI:.1f} MiB")
    if large.failed or not usage or usage.get("dialogTokens") != 152238:
        measured += f"  FAILED, usage {usage}"
    row(f"usage out of an export of {size / 1e6:.0f} MB", "jobrunner", measured,
        ">= 600 MB/s, rss <= 16 MiB", ">= 1500 MB/s" + (" (met)" if speed >= 1500 else ""),
        speed >= 600 and large.rss <= 16 * MEBI and "FAILED" not in measured)
    peers = {}
    node, jq = shutil.which("node"), shutil.which("jq")
    if node:
        script = "JSON.parse(require('fs').readFileSync(process.argv[1])).messages.length"
        peers["node JSON.parse"] = [node, "-e", script, source]
    if jq:
        peers["jq"] = [jq, ".messages|length", source]
    duck = duckdb_command(source, "select json_array_length(json, '$.messages') "
                                  "from read_json_objects('FILE', maximum_object_size=999999999)")
    if duck:
        peers["duckdb (python)"] = duck
    for name, result in interleaved(peers, 1 if args.quick else 3).items():
        row("", name, f"{size / result.cpu / 1e6:8.0f} MB/s on one core"
            f" ({result.wall * 1000:.0f} ms)  rss {result.rss / MEBI:.1f} MiB")
    for name, there in (("node JSON.parse", node), ("jq", jq), ("duckdb (python)", duck)):
        if not there:
            absent("", name)


def idle_row(args, folder):
    root = workspace(folder, "idle", registry(1000))
    environment = stand_in_environment(args, folder)
    commands = {"jobrunner": [args.binary, "refresh-usage"], "/bin/true": [shutil.which("true")]}
    results = interleaved(commands, args.rounds, cwd=root, env=environment)
    own = results["jobrunner"]
    row("run with nothing due, 1,000 agents", "jobrunner", figures(own), "<= 10 ms",
        "<= 6 ms" + (" (met)" if own.wall <= 0.006 else ""),
        own.wall <= 0.010 and not own.failed)
    row("", "/bin/true", figures(results["/bin/true"]))


def busy_row(args, folder):
    due = 24 if args.quick else 200
    plan = os.path.join(folder, "planbusy")
    os.makedirs(os.path.join(plan, "exports"))
    with open(os.path.join(args.fixtures, "opencode/exports/v1-minimal.json")) as f:
        export = f.read()
    for n in range(due):
        path = os.path.join(plan, "exports", f"ses_4abe{n:08}ffeBenchmark0000")
        with open(path + ".json", "w") as out:
            out.write(export)
        with open(path + ".behaviour", "w") as out:
            out.write("slow 1\n")
    root = workspace(folder, "busy", registry(due, usage=False))
    environment = stand_in_environment(args, plan)
    finished = threading.Event()
    latencies = []

    command = [args.binary, "refresh-usage", "--concurrency", "8"]
    start = time.perf_counter()
    run = subprocess.Popen(command, cwd=root, env=environment, stdin=subprocess.DEVNULL)
    watcher = threading.Thread(target=lambda: (run.wait(), finished.set()))
    watcher.start()
    while not finished.wait(0.1):
        latencies.append(once([args.binary, "status"], cwd=root, env=environment).wall)
    wall = time.perf_counter() - start
    watcher.join()
    with open(os.path.join(root, ".opencode-subagent", "registry.json")) as f:
        agents = json.load(f)["agents"].values()
    missing = sum(1 for a in agents if "usage" not in a)
    limit = 27 * due / 200 + (0 if due == 200 else 0.5)
    worst = max(latencies, default=0)
    measured = f"{wall:8.2f} s, {missing} without usage"
    if run.returncode:
        measured += f", FAILED {run.returncode}"
    row(f"{due} due agents, each export 1 s, concurrency 8", "jobrunner", measured,
        f"<= {limit:.1f} s", "", wall <= limit and not missing and not run.returncode)
    middle = statistics.median(latencies or [0])
    row(f"  status meanwhile ({len(latencies)} times)", "jobrunner",
        f"{middle * 1000:8.2f} ms, worst {worst * 1000:.2f} ms", "< 20 ms", "", worst < 0.020)


def rollouts_row(args, folder):
    """The first run reads every session file once; the next one only looks at them."""
    files, size = (300, 100 << 20) if args.quick else (3_000, 1 << 30)
    home = os.path.join(folder, "codex")
    written = rollouts(home, files, size) + current_rollout(home)
    root = workspace(folder, "rollouts", registry(1))
    environment = dict(stand_in_environment(args, folder), CODEX_HOME=home, JOBRUNNER_FSYNC="off")
    memory = os.path.join(root, ".jobrunner", "rollouts.json")

    def record(number):
        return [args.binary, "alias", "start", "codex", "--from", "rollouts", "--window",
                f"BENCH-{number}"]

    def forget():
        shutil.rmtree(os.path.join(root, "data"), ignore_errors=True)
        if os.path.exists(memory):
            os.remove(memory)

    def forget_rows():
        shutil.rmtree(os.path.join(root, "data"), ignore_errors=True)

    time.sleep(2)  # a file that was written just now is read again
    first = interleaved({"run": record(1)}, 5, before=forget, cwd=root, env=environment)["run"]
    following = interleaved({"run": record(1)}, args.rounds, before=forget_rows, cwd=root,
                            env=environment)["run"]
    speed = written / first.cpu / 1e6
    row(f"limits out of {files:,} session files, {written / 1e6:,.0f} MB, first run", "jobrunner",
        f"{speed:8.0f} MB/s of CPU ({first.wall * 1000:.0f} ms)  rss {first.rss / MEBI:.1f} MiB"
        + (f"  FAILED {first.failed[0]}" if first.failed else ""),
        ">= 1000 MB/s", "", speed >= 1000 and not first.failed)
    row("  next run", "jobrunner", figures(following), "<= 50 ms", "",
        following.wall <= 0.050 and not following.failed)


def window_idle_row(args, folder):
    """A window that has not reset costs no client."""
    home = os.path.join(folder, "codex-idle")
    current_rollout(home)
    root = workspace(folder, "windows", registry(1))
    log = os.path.join(folder, "clients.log")
    environment = dict(stand_in_environment(args, folder), CODEX_HOME=home, STANDIN_LOG=log)
    subprocess.run([args.binary, "alias", "start", "codex", "--from", "rollouts", "--window",
                    "BENCH"], cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL)
    commands = {"jobrunner": [args.binary, "window-reset", "--provider", "codex"],
                "/bin/true": [shutil.which("true")]}
    own = interleaved(commands, args.rounds, cwd=root, env=environment)["jobrunner"]
    started = os.path.exists(log)
    row("window-reset with nothing due", "jobrunner",
        figures(own) + ("  A CLIENT WAS STARTED" if started else ""), "<= 10 ms, no client", "",
        own.wall <= 0.010 and not own.failed and not started)


def telemetry_row(args, folder):
    """The first reading stores every row; the next finds nothing new with a look at the file."""
    lines = 100_000 if args.quick else 1_000_000
    root = workspace(folder, "telemetry", registry(1))
    os.makedirs(os.path.join(root, "logs"))
    size, _, _ = proxy_log(os.path.join(root, "logs", "usage.jsonl"), lines)
    ledger = os.path.join(root, "data", "week0", "live", "proxy_telemetry.jsonl")
    environment = dict(stand_in_environment(args, folder), JOBRUNNER_FSYNC="off")
    run = {"run": [args.binary, "ingest-telemetry"]}

    def forget():
        shutil.rmtree(os.path.join(root, "data"), ignore_errors=True)
        shutil.rmtree(os.path.join(root, ".jobrunner"), ignore_errors=True)

    time.sleep(2)  # a file that was written just now is looked at again
    first = interleaved(run, 5, before=forget, cwd=root, env=environment)["run"]
    with open(ledger, "rb") as rows_file:
        stored = sum(block.count(b"\n") for block in iter(lambda: rows_file.read(1 << 20), b""))
    speed = size / first.wall / 1e6
    measured = (f"{speed:8.0f} MB/s ({first.wall * 1000:.0f} ms, cpu {first.cpu * 1000:.0f} ms)"
                f"  rss {first.rss / MEBI:.1f} MiB")
    if first.failed or stored != lines:
        measured += f"  FAILED, {stored:,} rows"
    row(f"first ingest of {lines:,} events, {size / 1e6:.0f} MB", "jobrunner", measured,
        ">= 150 MB/s, rss <= 64 MiB", ">= 300 MB/s" + (" (met)" if speed >= 300 else ""),
        speed >= 150 and first.rss <= 64 * MEBI and "FAILED" not in measured)
    idle = interleaved({"jobrunner": run["run"], "/bin/true": [shutil.which("true")]},
                       args.rounds, cwd=root, env=environment)["jobrunner"]
    row("  ingest with nothing new", "jobrunner", figures(idle), "<= 8 ms",
        "<= 5 ms" + (" (met)" if idle.wall <= 0.005 else ""),
        idle.wall <= 0.008 and not idle.failed)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--fixtures", required=True)
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller data")
    parser.add_argument("--page", help="a file to write the table to, as Markdown")
    args = parser.parse_args()
    args.binary = os.path.abspath(args.binary)
    args.fixtures = os.path.abspath(args.fixtures)
    args.export_bytes = 8_100_000 if args.quick else 81_000_000
    if args.quick:
        args.rounds = 7
    conditions = (f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}, medians of {args.rounds} "
                  f"interleaved rounds; memory floor of the measuring program "
                  f"{meter.floor / MEBI:.1f} MiB")
    print(conditions + "\n")
    folder = tempfile.mkdtemp(prefix="jobrunner-bench-")
    try:
        status_row(args, folder, 100, 5)
        status_row(args, folder, 10_000, 25)
        export_row(args, folder)
        rotation_row(args, folder, row, figures)
        idle_row(args, folder)
        rollouts_row(args, folder)
        window_idle_row(args, folder)
        telemetry_rows(args, folder, row, figures)
        telemetry_row(args, folder)
        growth_rows(args, folder, row)
        preview_rows(args, folder, row, figures)
        busy_row(args, folder)
    finally:
        os.chdir("/")
        shutil.rmtree(folder, ignore_errors=True)
    print_table()
    if args.page:
        write_page(args.page, args.binary, conditions, rows)
    return 0 if all(line[5] != "NO" for line in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
