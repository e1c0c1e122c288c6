"""Summary and comparison of stored telemetry, beside DuckDB and jq with their answers compared."""

import ast
import json
import os
import random
import shutil
import subprocess
import sys
import time

from meter import MEBI, interleaved

MODELS = ["glm-4.6", "z.ai/glm-4.7", "claude-haiku-4-5-20251001", "claude-sonnet-4-5-20250929"]

COLUMNS = ("columns={rid:'VARCHAR',lane:'VARCHAR',kind:'VARCHAR',route:'VARCHAR',"
           "outcome:'VARCHAR',latency_ms:'DOUBLE',input_tokens:'BIGINT',output_tokens:'BIGINT'}")

SUMMARY = ("select count(*), count(*) filter (kind <> 'decision'),"
           " count(*) filter (kind <> 'decision' and route = 'glm'),"
           " count(*) filter (outcome = 'error'), quantile_cont(latency_ms, 0.5),"
           " quantile_cont(latency_ms, 0.95), sum(input_tokens), sum(output_tokens)"
           " from SOURCE")

PAIRS = ("select count(*), sum(baseline), sum(glm), max(abs(glm - baseline)) from ("
         "select rid, coalesce(sum(input_tokens + output_tokens) filter (route <> 'glm'), 0)"
         " as baseline, coalesce(sum(input_tokens + output_tokens) filter (route = 'glm'), 0)"
         " as glm from SOURCE where kind <> 'decision' group by rid)"
         " where baseline > 0 and glm > 0")

JQ = ("reduce inputs as $r ([0,0,0]; .[0] += 1 | if $r.kind != \"decision\" then .[1] += 1 |"
      " if $r.route == \"glm\" then .[2] += 1 else . end else . end)")


def stored_rows(path, count):
    """Write rows as the ingest writes them; 20 windows, 20,000 requests' names."""
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
                    f'"captured_at":"{at}","ts":"{at}","rid":"R{chance.randrange(20_000):06}",'
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


def duck_script(path, query, source):
    """A program that asks DuckDB with one thread and prints its answer."""
    query = query.replace("SOURCE", source.replace("FILE", path))
    return ("import duckdb; c = duckdb.connect(); c.execute('set threads=1');"
            f"print(c.sql({query!r}).fetchall()[0])")


def own_answers(binary, root):
    def ask(*command):
        run = subprocess.run([binary, *command, "--json"], cwd=root, capture_output=True, check=True)
        return json.loads(run.stdout)

    proxy = ask("preview")["proxy"]
    pairs = ask("cost-compare", "--dry-run")["matched"]
    return ((proxy["events"], proxy["requests"], proxy["routed"], proxy["errors"],
             proxy["latency_p50_ms"], proxy["latency_p95_ms"], proxy["input_tokens"],
             proxy["output_tokens"]),
            (len(pairs), sum(p["baseline"]["tokens"] for p in pairs),
             sum(p["glm"]["tokens"] for p in pairs),
             max((abs(p["delta_tokens"]) for p in pairs), default=0)))


def answer_of(command):
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return tuple(float(value) for value in ast.literal_eval(run.stdout.strip()))


def telemetry_rows(args, folder, row, figures):
    count = 100_000 if args.quick else 1_000_000
    root = os.path.join(folder, "telemetry")
    os.makedirs(os.path.join(root, "data/week0/live"))
    path = os.path.join(root, "data/week0/live/proxy_telemetry.jsonl")
    size = stored_rows(path, count)
    answers = own_answers(args.binary, root)
    rounds = max(5, args.rounds // 4)
    try:
        import duckdb  # noqa: F401
        has_duck = True
    except ImportError:
        has_duck = False
    works = [("summary", ["preview"], SUMMARY), ("pairs by request", ["cost-compare", "--dry-run"],
                                                 PAIRS)]
    for (name, command, query), answer in zip(works, answers):
        commands = {"jobrunner": [args.binary, *command]}
        if shutil.which("taskset"):
            commands["jobrunner, one core"] = [shutil.which("taskset"), "-c", "0",
                                               args.binary, *command]
        differs = []
        sources = {"duckdb, told the columns": f"read_json('FILE', format='newline_delimited', {COLUMNS})",
                   "duckdb, finding them": "read_json_auto('FILE', format='newline_delimited')"}
        for peer, source in sources.items() if has_duck else ():
            script = duck_script(path, query, source)
            commands[peer] = [sys.executable, "-c", script]
            if answer_of(commands[peer]) != tuple(float(value) for value in answer):
                differs.append(peer)
        results = interleaved(commands, rounds, cwd=root)
        own = results["jobrunner"]
        must, met = "", None
        if has_duck:
            must = ">= 5x duckdb" + (", rss <= 32 MiB" if name == "summary" else "")
            met = (5 * own.wall <= results["duckdb, finding them"].wall and not own.failed
                   and not differs and (name != "summary" or own.rss <= 32 * MEBI))
        for who, result in results.items():
            text = figures(result) + f"  {size / result.wall / 1e6:6.0f} MB/s"
            if who in differs:
                text += "  ANOTHER ANSWER"
            first = who == "jobrunner"
            row(f"{name} of {count:,} events ({size / 1e6:,.0f} MB)" if first else "", who, text,
                must if first else "",
                ">= 1200 MB/s on one core, twice on two" if first else "", met if first else None)
        if not has_duck:
            row("", "duckdb", "not installed")
    jq_row(path, answers[0], row)


def jq_row(path, answer, row):
    jq = shutil.which("jq")
    if not jq:
        row("", "jq", "not installed")
        return
    start = time.perf_counter()
    run = subprocess.run([jq, "-cn", JQ, path], capture_output=True, text=True, check=True)
    same = tuple(json.loads(run.stdout)) == answer[:3]
    row("", "jq, counts only, once", f"{(time.perf_counter() - start) * 1000:8.2f} ms"
        + ("" if same else "  ANOTHER ANSWER"))
