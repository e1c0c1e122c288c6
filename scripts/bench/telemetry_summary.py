"""Summary and comparison of stored telemetry, beside DuckDB and jq with their answers compared."""

import ast
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time

from meter import MEBI, interleaved

MODELS = ["glm-4.6", "z.ai/glm-4.7", "claude-haiku-4-5-20251001", "claude-sonnet-4-5-20250929"]

# The columns that a question needs, named and typed as one would who knows the ledger.
SUMMARY_COLUMNS = {"\"window\"": "VARCHAR", "lane": "VARCHAR", "model": "VARCHAR",
                   "kind": "VARCHAR", "route": "VARCHAR", "outcome": "VARCHAR",
                   "latency_ms": "DOUBLE", "input_tokens": "BIGINT", "output_tokens": "BIGINT"}
PAIRS_COLUMNS = {"ts": "VARCHAR", "rid": "VARCHAR", "model": "VARCHAR", "kind": "VARCHAR",
                 "route": "VARCHAR", "outcome": "VARCHAR", "latency_ms": "DOUBLE",
                 "input_tokens": "BIGINT", "output_tokens": "BIGINT"}
TOTALS_COLUMNS = {name: SUMMARY_COLUMNS[name] for name in (
    "kind", "route", "outcome", "latency_ms", "input_tokens", "output_tokens")}

FIGURES = ("count(*), count(*) filter (kind <> 'decision'),"
           " count(*) filter (kind <> 'decision' and route = 'glm'),"
           " count(*) filter (outcome = 'error'), quantile_cont(latency_ms, 0.5),"
           " quantile_cont(latency_ms, 0.95), sum(input_tokens), sum(output_tokens)")

# What `preview --json` says: the figures of all, and of each window, lane and model.
SUMMARY = (f"select \"window\", lane, model, {FIGURES} from SOURCE"
           " group by grouping sets ((), (\"window\"), (lane), (model))")

# The figures of all alone, which is less than what preview answers.
TOTALS = f"select {FIGURES} from SOURCE"

# What `cost-compare --json` says: tokens, errors and money by request and side, with the prices of
# the day, and the latencies of the sides.
PAIRS = """
with events as materialized (
  select rid, route, model, ts >= '2025-10-15' as priced, outcome, latency_ms,
    coalesce(input_tokens, 0) as input, coalesce(output_tokens, 0) as output
  from SOURCE where kind <> 'decision'),
cells as (
  select rid, route, model, priced, count(*) as requests,
    count(*) filter (outcome = 'error') as errors, sum(input) as input, sum(output) as output
  from events group by all),
money as (
  select *, case when model like 'claude-haiku-4-5%' and priced then input + output * 5
    when model like 'claude-sonnet-4-5%' then input * 3 + output * 15
    when model = 'glm-4.6' then input * 0.6 + output * 2.2 end / 1e6 as usd from cells),
sides as (
  select rid, sum(requests) as requests, sum(errors) as errors,
    coalesce(sum(input + output) filter (route <> 'glm'), 0) as baseline,
    coalesce(sum(input + output) filter (route = 'glm'), 0) as glm
  from cells group by rid),
pairs as (
  select count(*), sum(baseline), sum(glm), max(abs(glm - baseline)), sum(requests), sum(errors)
  from sides where baseline > 0 and glm > 0),
dollars as (
  select sum(usd) filter (route <> 'glm'), sum(usd) filter (route = 'glm') from money),
latencies as (
  select quantile_cont(latency_ms, 0.95) filter (route <> 'glm'),
    quantile_cont(latency_ms, 0.95) filter (route = 'glm') from events)
select * from pairs, dollars, latencies
"""

JQ = ("reduce inputs as $r ([0,0,0]; .[0] += 1 | if $r.kind != \"decision\" then .[1] += 1 |"
      " if $r.route == \"glm\" then .[2] += 1 else . end else . end)")


def stored_rows(path, count, requests=20_000):
    """Write rows as the ingest writes them, of 20 windows."""
    chance = random.Random(7)
    with open(path, "w") as out:
        for n in range(count):
            moment = 1_760_972_506_000 + n * 37
            at = (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment // 1000))
                  + f".{moment % 1000:03}Z")
            model = MODELS[chance.randrange(4)]
            route = "glm" if "glm" in model else "baseline"
            pick = chance.random()
            kind = "decision" if pick < 0.2 else "error" if pick < 0.23 else "completion"
            text = (f'{{"window":"W0-{n * 20 // count:02}","provider":"proxy-telemetry",'
                    f'"captured_at":"{at}","ts":"{at}","rid":"R{chance.randrange(requests):06}",'
                    f'"lane":"{route}","model":"{model}","kind":"{kind}","route":"{route}"')
            if kind == "decision":
                text += ',"status":-1'
            elif kind == "error":
                text += ',"outcome":"error","status":0'
            else:
                text += ',"outcome":"ok","status":200,"reason":"ok"'
                if chance.random() < 0.95:
                    text += (f',"input_tokens":{chance.randrange(9_000)},'
                             f'"output_tokens":{chance.randrange(1_500)}')
                text += f',"latency_ms":{int(chance.lognormvariate(7, 0.6))}'
            out.write(text + ',"source":"ingest","schema_version":"1.0.0","tool_version":"0.1.0",'
                      f'"id":"{chance.getrandbits(64):016x}","agent_id":"main","host":"bench"}}\n')
    return os.path.getsize(path)


def source(columns):
    """How a person reads the ledger: told the columns, or with DuckDB finding them."""
    if not columns:
        return "read_json_auto('FILE', format='newline_delimited')"
    told = ",".join(f"{name}:'{kind}'" for name, kind in columns.items())
    return f"read_json('FILE', format='newline_delimited', columns={{{told}}})"


class DuckDB:
    """One question to DuckDB; its time is that of the query alone, without Python's start."""

    def __init__(self, folder, name, path, query, columns, threads):
        self.times = os.path.join(folder, f"duckdb-{abs(hash(name)):x}.times")
        query = query.replace("SOURCE", source(columns).replace("FILE", path))
        self.command = [sys.executable, "-c", (
            "import duckdb, time; start = time.perf_counter(); c = duckdb.connect();"
            f"c.execute('set threads={threads}; set enable_progress_bar=false'); rows = c.sql({query!r}).fetchall();"
            f"print(time.perf_counter() - start, file=open({self.times!r}, 'a'));"
            "print([[float(v) if isinstance(v, (int, float)) or hasattr(v, 'as_tuple') else v"
            " for v in row] for row in rows])")]

    def answer(self):
        run = subprocess.run(self.command, capture_output=True, text=True, check=True)
        return ast.literal_eval(run.stdout)

    def seconds(self):
        with open(self.times) as file:
            return statistics.median(float(line) for line in list(file)[2:])


def ask(binary, root, *command):
    run = subprocess.run([binary, *command, "--json"], cwd=root, capture_output=True, check=True)
    return json.loads(run.stdout)


def figures_of(part):
    return [float(part[name]) for name in (
        "events", "requests", "routed", "errors", "latency_p50_ms", "latency_p95_ms",
        "input_tokens", "output_tokens")]


def own_summary(binary, root):
    """The rows of SUMMARY as preview gives them."""
    proxy = ask(binary, root, "preview")["proxy"]
    rows = [[None, None, None] + figures_of(proxy)]
    for place, parts in enumerate(("windows", "lanes", "models")):
        for part in proxy[parts]:
            names = [None, None, None]
            names[place] = part["name"]
            rows.append(names + figures_of(part))
    return rows


def own_pairs(binary, root):
    """The row of PAIRS as cost-compare gives it."""
    answer = ask(binary, root, "cost-compare", "--dry-run")
    pairs = answer["matched"]

    def total(field):
        return float(sum(pair[side][field] for pair in pairs for side in ("baseline", "glm")))

    return [[float(len(pairs)), float(sum(p["baseline"]["tokens"] for p in pairs)),
             float(sum(p["glm"]["tokens"] for p in pairs)),
             float(max(abs(p["delta_tokens"]) for p in pairs)),
             total("requests"), total("errors"), answer["baseline"]["priced_usd"],
             answer["glm"]["priced_usd"], answer["baseline_p95_ms"], answer["glm_p95_ms"]]]


def same(left, right):
    """Whether two answers are equal; dollars are shown with six decimals."""
    def key(row):
        return [str(value) for value in row[:3]]

    if len(left) != len(right):
        return False
    return all(
        a == b or (isinstance(a, float) and isinstance(b, float) and abs(a - b) <= 1e-6)
        for mine, theirs in zip(sorted(left, key=key), sorted(right, key=key))
        for a, b in zip(mine, theirs))


def telemetry_rows(args, folder, row, figures):
    count = 100_000 if args.quick else 1_000_000
    root = os.path.join(folder, "telemetry-rows")
    os.makedirs(os.path.join(root, "data/week0/live"))
    path = os.path.join(root, "data/week0/live/proxy_telemetry.jsonl")
    size = stored_rows(path, count)
    summary, pairs = own_summary(args.binary, root), own_pairs(args.binary, root)
    ask_row(args, root, path, size, row, figures, f"summary of {count:,} events", ["preview"],
            summary, SUMMARY, SUMMARY_COLUMNS, {"duckdb 1 thread, totals alone": (
                TOTALS, TOTALS_COLUMNS, 1, [summary[0][3:]])}, rss_must=32)
    ask_row(args, root, path, size, row, figures, f"pairs of {count:,} events",
            ["cost-compare", "--dry-run"], pairs, PAIRS, PAIRS_COLUMNS, {})
    jq_row(path, summary[0][3:], row)
    limit_rows(path, size, row)


def ask_row(args, root, path, size, row, figures, work, command, answer, query, columns, more,
            rss_must=None):
    """One question, by us and by DuckDB; every answer is compared with ours."""
    commands = {"jobrunner": [args.binary, *command]}
    if shutil.which("taskset"):
        commands["jobrunner, one core"] = [shutil.which("taskset"), "-c", "0", args.binary,
                                           *command]
    try:
        import duckdb  # noqa: F401
        asked = {"duckdb 1 thread": (query, columns, 1, answer),
                 "duckdb 2 threads": (query, columns, 2, answer),
                 "duckdb 1 thread, finding the columns": (query, None, 1, answer)} | more
    except ImportError:
        asked = {}
    peers, differs = {}, []
    for name, (text, told, threads, expected) in asked.items():
        peers[name] = DuckDB(root, work + name, path, text, told, threads)
        if not same(peers[name].answer(), expected):
            differs.append(name)
        commands[name] = peers[name].command
    results = interleaved(commands, max(5, args.rounds // 4), cwd=root)
    own = results["jobrunner"]
    must, met = "", None
    if peers:
        must = ">= 5x duckdb 1 thread" + (f", rss <= {rss_must} MiB" if rss_must else "")
        met = (5 * own.wall <= peers["duckdb 1 thread"].seconds() and not own.failed
               and not differs and (not rss_must or own.rss <= rss_must * MEBI))
    for name, result in results.items():
        if name in peers:
            alone = peers[name].seconds()
            text = (f"{alone * 1000:8.2f} ms for the query = {alone / own.wall:.1f}x ours"
                    f"  rss {result.rss / MEBI:.1f} MiB")
            text += "  ANOTHER ANSWER" if name in differs else "  same answer"
        else:
            text = figures(result) + f"  {size / result.wall / 1e6:6.0f} MB/s"
        first = name == "jobrunner"
        row(f"{work} ({size / 1e6:,.0f} MB)" if first else "", name, text, must if first else "",
            ">= 1200 MB/s on one core, twice on two" if first else "", met if first else None)
    if not peers:
        row("", "duckdb", "not installed")


def jq_row(path, answer, row):
    jq = shutil.which("jq")
    if not jq:
        row("", "jq", "not installed")
        return
    start = time.perf_counter()
    run = subprocess.run([jq, "-cn", JQ, path], capture_output=True, text=True, check=True)
    alike = json.loads(run.stdout) == answer[:3]
    row("", "jq, counts only, once", f"{(time.perf_counter() - start) * 1000:8.2f} ms"
        + ("" if alike else "  ANOTHER ANSWER"))


def limit_rows(path, size, row):
    """What nobody who reads the file can beat."""
    limits = {"wc -l": [shutil.which("wc"), "-l", path], "cat": [shutil.which("cat"), path]}
    for name, result in interleaved(limits, 5).items():
        row("", f"{name}, a limit of reading it", f"{result.wall * 1000:8.2f} ms"
            f"  {size / result.wall / 1e6:6.0f} MB/s")
