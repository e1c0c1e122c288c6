"""The data the benchmarks run on, made as needed: registries and exports of any size."""

import datetime
import json
import os


def stamp(offset=0.0):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def record(number, session, usage, prompt_bytes=235):
    value = {
        "name": f"agent/{number:05}", "pid": 4_000_000 + number, "sessionId": session,
        "status": "done", "exitCode": 0, "startedAt": stamp(-900), "updatedAt": stamp(-600),
        "finishedAt": stamp(-600),
    }
    if usage:
        value["usage"] = {"messageCount": 40 + number % 90, "dialogTokens": 1000 + number,
                          "contextFullPct": (1000 + number) / 200_000}
    value.update({
        "model": "anthropic/claude-sonnet-4-5", "variant": None, "resumeCount": number % 3,
        "prompt": ("Read the module and say what it does. " * 20)[:prompt_bytes],
        "cwd": "/home/kim/src/lantern", "error": None, "stderr": None, "children": [],
    })
    if usage:
        value.update({"usageUpdatedAt": stamp(-300), "usageRetryAt": None,
                      "usageAttempt": None, "usageError": None})
    return value


def registry(count, usage=True):
    agents = [record(n, f"ses_4abe{n:08}ffeBenchmark0000", usage) for n in range(count)]
    return json.dumps({"version": 5, "agents": {a["name"]: a for a in agents},
                       "updatedAt": stamp()}, separators=(",", ":"))


def workspace(folder, name, text):
    root = os.path.join(folder, name)
    os.makedirs(os.path.join(root, ".opencode-subagent"))
    with open(os.path.join(root, ".opencode-subagent", "registry.json"), "w") as out:
        out.write(text)
    return root


def large_export(fixtures, path, size):
    """Write an export of `size` bytes: the messages of a long recorded one, over and over."""
    with open(os.path.join(fixtures, "opencode/exports/v1-caching.json"), encoding="utf-8") as f:
        text = f.read()
    opening = '"messages": [\n'
    head, body = text.split(opening)
    body = body[: body.rindex("\n  ]")]
    copies = max(1, size // len(body.encode()))
    with open(path, "w", encoding="utf-8") as out:
        out.write(head + opening)
        for n in range(copies):
            out.write((",\n" if n else "") + body)
        out.write("\n  ]\n}\n")
    return os.path.getsize(path)
