"""The data the benchmarks run on, made as needed: registries and exports of any size."""

import datetime
import json
import os
import random


def stamp(offset=0.0):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def proxy_log(path, lines):
    """A proxy's log; returns its bytes, its finished requests and how many were routed."""
    numbers = random.Random(7)
    routed = 0
    with open(path, "w") as out:
        for n in range(lines):
            moment = datetime.datetime.fromtimestamp(1_772_352_000 + n * 0.137,
                                                     datetime.timezone.utc)
            time = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
            glm = numbers.random() < 0.5
            good = numbers.random() < 0.95
            routed += glm
            lane, model = ("glm", "z.ai/glm-4.6") if glm else ("baseline", "anthropic/haiku")
            out.write(f'{{"ts":"{time}","rid":"R{n // 2:07}","lane":"{lane}","model":"{model}",'
                      f'"status":"{"ok" if good else "error"}",'
                      f'"input_tokens":{numbers.randrange(100, 9000)},'
                      f'"output_tokens":{numbers.randrange(10, 900)},'
                      f'"reason":"{"ok" if good else "fail"}",'
                      f'"latency_ms":{numbers.randrange(90, 9000)}}}\n')
    return os.path.getsize(path), lines, routed


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


def rollout_lines(start, size, number):
    """One session of Codex in about `size` bytes: of fifty lines one tells of the limits."""
    chance = random.Random(number)
    words = "let the keeper trim the wick and read the glass before the lamp is lit ".split()
    prose = " ".join(chance.choice(words) for _ in range(4000))
    meta = {"id": f"01a1fc00-25e6-7000-8000-{number:012}", "cwd": "/home/dev/lantern",
            "originator": "codex_exec", "cli_version": "0.163.0", "source": "exec"}
    moment, used, written = start, 0, 0

    def line(kind, payload):
        text = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
        row = {"timestamp": text.strftime("%Y-%m-%dT%H:%M:%S.") + "250Z", "type": kind,
               "payload": payload}
        return json.dumps(row, separators=(",", ":")) + "\n"

    yield line("session_meta", meta)
    while written < size:
        moment += 3
        pick = chance.random()
        if pick < 0.02:
            used += 37 + chance.randrange(900)
            tokens = {"input_tokens": used, "cached_input_tokens": used // 2, "output_tokens": 57,
                      "reasoning_output_tokens": 21, "total_tokens": used + 57}
            ends = [int(moment // seconds + 1) * seconds for seconds in (18_000, 604_800)]
            share = [round(100 * (1 - (end - moment) / length), 1)
                     for end, length in zip(ends, (18_000, 604_800))]
            text = line("event_msg", {
                "type": "token_count",
                "info": {"total_token_usage": tokens, "last_token_usage": tokens,
                         "model_context_window": 258_400},
                "rate_limits": {
                    "limit_id": "codex", "limit_name": None,
                    "primary": {"used_percent": share[0], "window_minutes": 300,
                                "resets_at": ends[0]},
                    "secondary": {"used_percent": share[1], "window_minutes": 10_080,
                                  "resets_at": ends[1]},
                    "credits": {"has_credits": False, "unlimited": False, "balance": "0"},
                    "plan_type": "pro", "rate_limit_reached_type": None}})
        elif pick < 0.03:
            # What a command printed, quoted as JSON in JSON.
            output = json.dumps({"output": (prose + "\n") * chance.randrange(1, 4)})
            text = line("response_item", {"type": "function_call_output", "call_id": "call_EXAMPLE",
                                          "output": output})
        else:
            at = chance.randrange(4000)
            text = line("response_item", {
                "type": "message", "role": "assistant",
                "content": [{"type": "output_text",
                             "text": prose[at:at + chance.randrange(40, 1600)]}]})
        written += len(text)
        yield text


def rollouts(folder, files=3000, size=1 << 30):
    """Fill a folder of Codex with sessions of the last thirty days; return the bytes written."""
    now = datetime.datetime.now(datetime.timezone.utc).timestamp()
    total = 0
    for number in range(files):
        start = now - 30 * 86_400 * (1 - number / files) - 7_200
        day = datetime.datetime.fromtimestamp(start, datetime.timezone.utc)
        parent = os.path.join(folder, "sessions", day.strftime("%Y/%m/%d"))
        os.makedirs(parent, exist_ok=True)
        name = f"rollout-{day.strftime('%Y-%m-%dT%H-%M-%S')}-01a1fc00-{number:012}.jsonl"
        path = os.path.join(parent, name)
        if number % 50 == 0:
            text = "".join(rollout_lines(start, size // files, number))
        with open(path, "w") as out:
            out.write(text)
        os.utime(path, (start + 3_600, start + 3_600))
        total += os.path.getsize(path)
    return total


def current_rollout(folder):
    """Add a session whose window is still open; return the bytes written."""
    now = datetime.datetime.now(datetime.timezone.utc)
    parent = os.path.join(folder, "sessions", now.strftime("%Y/%m/%d"))
    os.makedirs(parent, exist_ok=True)
    limits = {"limit_id": "codex", "secondary": None, "primary": {
        "used_percent": 12.5, "window_minutes": 300, "resets_at": int(now.timestamp()) + 10_800}}
    line = json.dumps({"timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "type": "event_msg",
                       "payload": {"type": "token_count", "info": None, "rate_limits": limits}})
    path = os.path.join(parent, "rollout-current.jsonl")
    with open(path, "w") as out:
        out.write(line + "\n")
    return len(line) + 1
