#!/usr/bin/env python3
"""Write the opencode fixtures beside this file.

Shapes, key order and number forms are those of the real programs; every id,
text, path and number is made up. The expected numbers are typed by hand next
to each export, so that the table does not repeat whatever a program computes.

    python3 Tests/Fixtures/opencode/generate.py    # rewrites the same bytes
"""

import json
import os
import random
import re

HERE = os.path.dirname(os.path.abspath(__file__))
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
HOME = "/home/kim/src/lantern"
T0 = 1790000000000

expected_exports = {}
random_source = random.Random(20260213)


def ident(prefix):
    head = "".join(random_source.choice("0123456789abcdef") for _ in range(12))
    tail = "".join(random_source.choice(BASE62) for _ in range(14))
    return f"{prefix}_{head}{tail}"


def write(path, text):
    path = os.path.join(HERE, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    data = text if isinstance(text, bytes) else text.encode("utf-8")
    with open(path, "wb") as out:
        out.write(data)


class Raw(str):
    """A number whose text is kept as typed: `1e6`, `100.0`."""

    def __new__(cls, text):
        return super().__new__(cls, f"@raw {text}@")


def unquote_raw(text):
    return re.sub(r'"@raw ([^@]*)@"', r"\1", text)


def pretty(value):
    """As `JSON.stringify(value, null, 2)` prints it."""
    return unquote_raw(json.dumps(value, indent=2, ensure_ascii=False))


def compact(value):
    """As `JSON.stringify(value)` prints it."""
    return unquote_raw(json.dumps(value, separators=(",", ":"), ensure_ascii=False))


def export(name, session, messages, expected, info=None, text=None):
    if text is None:
        text = pretty({"info": info or session_info(session), "messages": messages}) + "\n"
    write(f"exports/{name}", text)
    expected_exports[name] = dict(sessionId=session, **expected)


def usage(count, dialog, context, model):
    return {
        "messageCount": count,
        "dialogTokens": dialog,
        "contextTokens": context,
        "model": model,
    }


# --- 1.x ---------------------------------------------------------------------

SONNET = ("anthropic", "claude-sonnet-4-5")
HAIKU = ("anthropic", "claude-haiku-4-5")
NANO = ("opencode", "gpt-5-nano")


def session_info(session, title="Tidy the lantern parser", parent=None, model=SONNET,
                 version="1.18.30"):
    info = {
        "id": session,
        "slug": "quiet-lantern",
        "projectID": "5f1c0de5a77e10aded0c0ffee0ddba11ca5cade5",
        "directory": HOME,
        "path": "",
    }
    if parent:
        info["parentID"] = parent
    info.update({
        "title": title,
        "agent": "build",
        "model": {"id": model[1], "providerID": model[0], "variant": "default"},
        "version": version,
        "summary": {"additions": 0, "deletions": 0, "files": 0},
        "cost": 0.4821,
        "tokens": tokens(412, 9001, 0, 2000000, 310000),
        "time": {"created": T0, "updated": T0 + 90000},
    })
    return info


def tokens(input, output, reasoning=0, read=0, write=0, total=None):
    value = {}
    if total is not None:
        value["total"] = total
    value["input"] = input
    value["output"] = output
    value["reasoning"] = reasoning
    value["cache"] = {"read": read, "write": write}
    return value


class Session:
    """Builds the messages of one 1.x session, with steadily growing times."""

    def __init__(self, session, model=SONNET):
        self.session, self.model, self.messages, self.clock = session, model, [], T0
        self.last_user = None

    def tick(self, ms=1000):
        self.clock += ms
        return self.clock

    def user(self, text="Please go on."):
        message = ident("msg")
        self.last_user = message
        self.messages.append({
            "info": {
                "role": "user",
                "time": {"created": self.tick()},
                "agent": "build",
                "model": {"providerID": self.model[0], "modelID": self.model[1]},
                "summary": {"diffs": []},
                "id": message,
                "sessionID": self.session,
            },
            "parts": [self.own(message, {"type": "text", "text": text})],
        })
        return self

    def own(self, message, part):
        part.update({"id": ident("prt"), "sessionID": self.session, "messageID": message})
        return part

    def assistant(self, counted, parts=(), model=None, finish="stop", done=True, **more):
        """One assistant message; `counted` is its `tokens`, absent when it is `...`."""
        provider, name = model or self.model
        message = ident("msg")
        created = self.tick()
        info = {
            "parentID": self.last_user,
            "role": "assistant",
            "mode": "build",
            "agent": "build",
            "path": {"cwd": HOME, "root": HOME},
            "cost": 0.0123,
        }
        if counted is not ...:
            info["tokens"] = counted
        info.update({"modelID": name, "providerID": provider})
        info["time"] = {"created": created}
        if done:
            info["time"]["completed"] = self.tick(2500)
            info["finish"] = finish
        info.update(more)
        info.update({"id": message, "sessionID": self.session})
        parts = [self.own(message, dict(part)) for part in parts]
        self.messages.append({"info": info, "parts": parts})
        return self

    def export(self, name, expected, **more):
        export(name, self.session, self.messages, expected,
               info=session_info(self.session, model=self.model, **more))


def said(text):
    return {"type": "text", "text": text, "time": {"start": T0 + 10, "end": T0 + 20}}


def thought(text):
    return {"type": "reasoning", "text": text, "time": {"start": T0 + 5, "end": T0 + 9},
            "metadata": {"anthropic": {"signature": "c2lnbmF0dXJlLW1hZGUtdXA="}}}


def step_start():
    return {"snapshot": "0badc0de" * 5, "type": "step-start"}


def step_finish(counted, reason="stop"):
    return {"reason": reason, "snapshot": "0badc0de" * 5, "type": "step-finish",
            "tokens": counted, "cost": 0.0123}


def bash(command, output):
    return {
        "type": "tool", "tool": "bash", "callID": "toolu_" + ident("x")[2:],
        "state": {
            "status": "completed",
            "input": {"command": command, "description": "Look at the tree"},
            "output": output,
            "metadata": {"output": output, "exit": 0, "truncated": False},
            "title": command,
            "time": {"start": T0 + 30, "end": T0 + 90},
        },
    }


def task(status, child, title, start=None, end=None, model=HAIKU):
    state = {
        "status": status,
        "input": {"description": title, "prompt": "Read it and report.",
                  "subagent_type": "explore"},
    }
    if status == "completed":
        state["output"] = f"<task id=\"{child}\" state=\"completed\">Nothing odd found.</task>"
    if status == "error":
        state["error"] = "Tool execution aborted"
    if child:
        state["metadata"] = {
            "parentSessionId": "ses_4a7e0f21cffeLanternParent01",
            "sessionId": child,
            "model": {"modelID": model[1], "providerID": model[0]},
            "truncated": False,
        }
    if status != "pending":
        state["title"] = title
    if start is not None:
        state["time"] = {"start": start}
        if end is not None:
            state["time"]["end"] = end
    return {"type": "tool", "tool": "task", "callID": "toolu_" + ident("x")[2:], "state": state}


def exports_v1():
    s = Session("ses_4a10b2c3dffeMinimal0000001")
    s.user('"say hello"').assistant(
        tokens(12, 9, 0, 0, 0, total=21),
        [step_start(), said("Hello there."), step_finish(tokens(12, 9, 0, 0, 0, total=21))])
    s.export("v1-minimal.json", usage(2, 12, 21, "anthropic/claude-sonnet-4-5"))

    # Before 1.2 there was no `total`: it is the sum of the parts.
    s = Session("ses_4a10b2c3dffeNoTotal0000002")
    s.user().assistant(tokens(100, 40, 10, 1000, 500))
    s.export("v1-no-total.json", usage(2, 1600, 1650, "anthropic/claude-sonnet-4-5"),
             version="1.0.180")

    # A total that is not the sum: the provider's own figure is believed.
    s = Session("ses_4a10b2c3dffeTotalOdd00003")
    s.user().assistant(tokens(100, 40, 10, 1000, 500, total=1700))
    s.export("v1-total-differs.json", usage(2, 1600, 1700, "anthropic/claude-sonnet-4-5"))

    caching()

    # The size drops after a compaction, and the summary itself is never taken.
    s = Session("ses_4a10b2c3dffeCompacted0004")
    s.user().assistant(tokens(3, 900, 0, 180000, 1200, total=182103))
    s.user().assistant(tokens(4, 2100, 0, 181000, 0, total=183104), summary=True)
    s.user().assistant(tokens(9000, 310, 0, 2500, 700, total=12510))
    s.export("v1-after-compaction.json", usage(6, 12200, 12510, "anthropic/claude-sonnet-4-5"))

    # The summary is the last message: the one before it still counts.
    s = Session("ses_4a10b2c3dffeSummaryEnd005")
    s.user().assistant(tokens(3, 900, 0, 180000, 1200, total=182103))
    s.user().assistant(tokens(4, 2100, 0, 181000, 0, total=183104), summary=True)
    s.export("v1-summary-last.json", usage(4, 181203, 182103, "anthropic/claude-sonnet-4-5"))

    # Zero tokens, then one with reasoning only, after a good one of another model.
    s = Session("ses_4a10b2c3dffeZeroReason06")
    s.user().assistant(tokens(100, 200, 50, 1000, 500))
    s.user().assistant(tokens(20, 25, 0, 25, 5), model=("openai", "gpt-5"))
    s.user().assistant(tokens(0, 0, 0, 0, 0))
    s.assistant(tokens(0, 0, 500, 0, 0))
    s.export("v1-zero-and-reasoning-only.json", usage(7, 50, 75, "openai/gpt-5"),
             version="1.0.200")

    s = Session("ses_4a10b2c3dffeOnlyZeros0007")
    s.user().assistant(tokens(0, 0), done=False)
    s.export("v1-only-zeros.json", usage(2, None, None, None))

    # A message without `time` is as good as any.
    s = Session("ses_4a10b2c3dffeNoTime000008")
    s.user().assistant(tokens(10, 5)).user().assistant(tokens(30, 6))
    del s.messages[-1]["info"]["time"]
    s.export("v1-no-time.json", usage(4, 30, 36, "anthropic/claude-sonnet-4-5"))

    s = Session("ses_4a10b2c3dffeErrored00009")
    s.user().assistant(tokens(10, 5))
    s.user().assistant(tokens(70, 8), error={
        "name": "MessageAbortedError", "data": {"message": "The operation was aborted."}})
    s.export("v1-errored-last.json", usage(4, 10, 15, "anthropic/claude-sonnet-4-5"))

    s = Session("ses_4a10b2c3dffeOnlyUsers010")
    s.user("one").user("two").user("three")
    s.export("v1-only-users.json", usage(3, None, None, None))

    export("v1-empty-messages.json", "ses_4a10b2c3dffeEmptyMsgs011", [],
           usage(0, None, None, None))

    # Tokens as seen in the wild: null, masked, absent, and no `cache` at all.
    s = Session("ses_4a10b2c3dffeOddTokens012")
    s.user().assistant(None).assistant("***").assistant(...)
    s.assistant({"input": 7, "output": 1, "reasoning": 0})
    s.assistant(None).assistant("***").assistant(...)
    s.export("v1-tokens-null-and-masked.json", usage(8, 7, 8, "anthropic/claude-sonnet-4-5"))

    s = Session("ses_4a10b2c3dffeMaskedPart13")
    s.user().assistant({"input": "***", "output": 9, "reasoning": 0,
                        "cache": {"read": 20, "write": 3}})
    s.export("v1-tokens-masked-part.json", usage(2, None, None, "anthropic/claude-sonnet-4-5"))

    s = Session("ses_4a10b2c3dffeFloats000014")
    s.user().assistant(tokens(Raw("1e6"), Raw("100.0"), Raw("0.0"), Raw("2.5e5"), 0))
    s.export("v1-tokens-floats.json", usage(2, 1250000, 1250100, "anthropic/claude-sonnet-4-5"))

    s = Session("ses_4a10b2c3dffeHuge00000015")
    s.user().assistant(tokens(3000000000, 5000000000, 0, 6000000000, 0))
    s.export("v1-tokens-over-int32.json",
             usage(2, 9000000000, 14000000000, "anthropic/claude-sonnet-4-5"))

    # A negative part is a provider's slip; what it means is not known.
    s = Session("ses_4a10b2c3dffeNegative0016")
    s.user().assistant(tokens(-40, 12, 0, 500, 0))
    s.export("v1-tokens-negative.json", usage(2, None, None, "anthropic/claude-sonnet-4-5"))

    # The mock of older test suites: one line, `input` only, no `output` anywhere.
    session = "ses_0007"
    export("v1-mock-without-output.json", session, None,
           usage(2, 6, None, None), text=compact({
               "info": {"model": {"providerID": "opencode", "modelID": "gpt-5-nano"}},
               "messages": [
                   {"info": {"role": "user"}, "parts": [{"type": "text", "text": "PING"}]},
                   {"info": {"role": "assistant", "tokens": {"input": 6}},
                    "parts": [{"type": "text", "text": "PONG"}]},
               ]}) + "\n")

    # Text that would mislead anything that searches instead of parsing.
    s = Session("ses_4a10b2c3dffeMisleading17", model=NANO)
    s.user('{"messages":[{"info":{"role":"assistant","tokens":{"input":1,"output":1}}}]}')
    s.assistant(tokens(41, 7, 0, 300, 2), [
        said('"tokens": {"input": 999999} }]} \\" \u2028 \U0001f3ee 灯 {'),
        bash("printf '{\"messages\":[]}'", "{\"messages\":[]}\n\t\u0000\u001b[31m")])
    s.export("v1-misleading-text.json", usage(2, 343, 350, "opencode/gpt-5-nano"))


def caching():
    """A long session on a caching provider: over 64 KiB, so that a pipe would cut it."""
    s = Session("ses_4a7e0f21cffeCachingMany00")
    read = 0
    for turn in range(9):
        s.user(f"Step {turn + 1}: look at module {turn + 1} and say what it does.")
        for step in range(2):
            grown = 900 + 131 * turn + 17 * step
            counted = tokens(2, 75 + 10 * turn, 0, read, grown,
                             total=2 + 75 + 10 * turn + read + grown)
            listing = "".join(
                f"{HOME}/Sources/module{turn}/file{n:03}.txt  lines {n * 7 % 311}\n"
                for n in range(18))
            s.assistant(counted, [
                step_start(), thought("The listing first, then the file."),
                bash(f"ls -R Sources/module{turn}", listing),
                said(f"Module {turn + 1} holds the glass of the lantern. 灯 🏮"),
                step_finish(counted, "tool-calls")], finish="tool-calls")
            read += grown
    s.user("Now compact.")
    s.assistant(tokens(5, 2400, 0, read, 0, total=read + 2405), [said("## Summary")],
                summary=True, mode="compaction", agent="compaction")
    s.user("And go on.")
    last = tokens(2, 17457, 0, 151000, 1236, total=169695)
    s.assistant(last, [step_start(), said("All nine modules are read."), step_finish(last)])
    s.user("One more thing.")
    s.assistant(tokens(0, 0), error={
        "name": "APIError", "data": {"message": "Overloaded", "isRetryable": True}}, done=False)
    s.user("Again, please.")
    s.assistant(tokens(0, 0), done=False)
    s.export("v1-caching.json", usage(35, 152238, 169695, "anthropic/claude-sonnet-4-5"))


PARENT = "ses_4a7e0f21cffeLanternParent01"
SURVEY = "ses_4a7e1131cffeLanternSurvey02"
NESTED = "ses_4a7e1141cffeLanternNested03"
CYCLE_A = "ses_4a7e2131cffeLanternCycleA04"
CYCLE_B = "ses_4a7e2141cffeLanternCycleB05"


def exports_children():
    s = Session(PARENT)
    s.user("Have someone look around.")
    s.assistant(tokens(50, 250, 80, 6000, 40, total=6420), [
        task("completed", SURVEY, "Chart the lantern room", T0 + 3000, T0 + 33000),
        task("error", "ses_4a7e1151cffeLanternFailed06", "Fetch the notes", T0 + 34000,
             T0 + 35000),
    ], finish="tool-calls")
    s.assistant(tokens(10, 120, 0, 7000, 100, total=7230), [
        task("running", "ses_4a7e1161cffeLanternRunner07", "Explore the glass", T0 + 60000),
        task("pending", None, "Polish the brass"),
    ], finish="tool-calls")
    s.export("children-numeric-times.json", usage(3, 7110, 7230, "anthropic/claude-sonnet-4-5"))

    s = Session("ses_4a7e3131cffeStringTimes008")
    s.user().assistant(tokens(6, 3), [
        task("completed", SURVEY, "List the brass parts",
             "2026-02-13T10:00:10.000Z", "2026-02-13T10:00:40.000Z")])
    s.export("children-string-times.json", usage(2, 6, 9, "anthropic/claude-sonnet-4-5"))

    s = Session(SURVEY, model=HAIKU)
    s.user("Read it and report.")
    s.assistant(tokens(200, 30, 0, 700, 0, total=930),
                [task("completed", NESTED, "Count the files", T0 + 4000, T0 + 5000)])
    s.export("child-survey.json", usage(2, 900, 930, "anthropic/claude-haiku-4-5"),
             parent=PARENT, title="Chart the lantern room (@explore subagent)")

    s = Session(NESTED, model=HAIKU)
    s.user("Count them.").assistant(tokens(111, 4, 0, 0, 0, total=115))
    s.export("child-nested.json", usage(2, 111, 115, "anthropic/claude-haiku-4-5"),
             parent=SURVEY, title="Count the files (@explore subagent)")

    for name, own, other in (("cycle-a.json", CYCLE_A, CYCLE_B),
                             ("cycle-b.json", CYCLE_B, CYCLE_A)):
        s = Session(own, model=HAIKU)
        s.user().assistant(tokens(21, 2), [
            task("completed", other, "Ask the other one", T0 + 1, T0 + 2)])
        s.export(name, usage(2, 21, 23, "anthropic/claude-haiku-4-5"))


# --- 2.x ---------------------------------------------------------------------

def info_v2(session):
    return {
        "id": session,
        "projectID": "global",
        "agent": "build",
        "model": {"id": SONNET[1], "providerID": SONNET[0], "variant": "high"},
        "cost": 0.12,
        "tokens": tokens(40, 900, 0, 50000, 21000),
        "time": {"created": T0, "updated": T0 + 90000},
        "title": "Trim the wick",
        "location": {"directory": HOME},
    }


def exports_v2():
    session = "ses_51a0b2c3dffeTwoMinimal0001"
    export("v2-minimal.json", session, [
        {"id": ident("msg"), "type": "user", "time": {"created": T0}, "text": "hello",
         "files": [], "agents": []},
        {"id": ident("msg"), "type": "assistant", "agent": "build",
         "model": {"id": SONNET[1], "providerID": SONNET[0]},
         "content": [{"type": "text", "text": "hi"}], "finish": "stop", "cost": 0.01,
         "tokens": tokens(10, 5, 2, 1, 0), "time": {"created": T0 + 1, "completed": T0 + 2}},
    ], usage(2, 11, 18, "anthropic/claude-sonnet-4-5"), info=info_v2(session))

    session = "ses_51a0b2c3dffeTwoNoModel0002"
    export("v2-no-model.json", session, [
        {"id": ident("msg"), "type": "user", "time": {"created": T0}, "text": "hello"},
        {"id": ident("msg"), "type": "assistant",
         "time": {"created": T0 + 1, "completed": T0 + 2},
         "tokens": tokens(10, 5, 2, 1, 0), "cost": 0.01, "content": [
             {"type": "text", "text": "hi"},
             {"type": "tool", "id": "call_1", "name": "write", "state": {
                 "status": "completed", "input": {"path": "wick.txt"},
                 "content": [{"type": "text", "text": "ok"}]}}]},
    ], usage(2, 11, 18, None), info={
        "id": session, "title": "No model", "time": {"created": T0, "updated": T0 + 9}})

    session = "ses_51a0b2c3dffeTwoAllTypes003"
    model = {"id": SONNET[1], "providerID": SONNET[0]}
    at = iter(range(T0, T0 + 900000, 1000))
    kinds = [
        {"type": "model-switched", "model": model},
        {"type": "agent-switched", "agent": "build"},
        {"type": "location-switched", "location": {"directory": HOME}},
        {"type": "user", "text": "do it"},
        {"type": "system", "text": "environment"},
        {"type": "synthetic", "text": "reminder"},
        {"type": "skill", "name": "trim", "text": "how to trim"},
        {"type": "shell", "command": "ls", "output": "wick.txt\n"},
        {"type": "assistant", "agent": "build", "model": model,
         "content": [{"type": "reasoning", "text": "first"}, {"type": "text", "text": "ok"}],
         "finish": "stop", "cost": 0.1, "tokens": tokens(3, 450, 0, 20000, 1000)},
        {"type": "compaction", "status": "completed", "reason": "auto", "summary": "short",
         "recent": "recent", "cost": 0.02, "tokens": tokens(5, 800, 0, 180000, 0)},
        {"type": "user", "text": "go on"},
        {"type": "assistant", "agent": "build", "model": model, "content": [],
         "error": {"name": "APIError", "message": "Overloaded"},
         "tokens": tokens(77, 1, 0, 0, 0)},
        {"type": "assistant", "agent": "build", "model": model, "content": []},
        {"type": "idle"},
    ]
    messages = []
    for kind in kinds:
        time = {"created": next(at)}
        if kind.get("finish"):
            time["completed"] = time["created"] + 900
        messages.append({"id": ident("msg"), **kind, "time": time})
    export("v2-all-types.json", session, messages,
           usage(5, 21003, 21453, "anthropic/claude-sonnet-4-5"), info=info_v2(session))


# --- what surrounds the JSON ---------------------------------------------------

def noise():
    session = "ses_4a55aa11bffeNoisyLamp00001"
    s = Session(session)
    s.user().assistant(tokens(100, 5, 0, 20, 3))
    body = pretty({"info": session_info(session), "messages": s.messages})
    numbers = usage(2, 123, 128, "anthropic/claude-sonnet-4-5")
    before = (
        "[brass-lamp] Downloading wick trimmer...\n"
        "[opencode-lantern] registered 3 tools: trim, light, douse\n"
        "INFO loaded {plugins}\n"
        '{"level":"info","message":"ready","messages":3}\n')
    export("noise-before.txt", session, None, numbers, text=before + body + "\n")
    export("noise-after.txt", session, None, numbers,
           text=body + '\nShutting down... {bye}\n[brass-lamp] saved 2 records\n')
    export("noise-around.txt", session, None, numbers,
           text=before + body + "\n{\"level\":\"info\",\"message\":\"bye\"}\n")
    export("noise-banner-without-newline.txt", session, None, numbers,
           text=f"Exporting session: {session}" + body + "\n")
    export("noise-braces-in-log-line.txt", session, None, numbers,
           text="INFO loaded {plugins}\nWARN cache {lamp: {wick}} is cold [3]\n" + body + "\n")
    export("noise-crlf.txt", session, None, numbers, text=body.replace("\n", "\r\n") + "\r\n")
    export("noise-byte-order-mark.txt", session, None, numbers, text="\ufeff" + body + "\n")
    raw = body.replace("Please go on.", "Please go @on.").encode().replace(b"@", b"\xff\xc3")
    export("noise-invalid-utf8.txt", session, None, numbers, text=raw + b"\n")
    export("noise-lone-surrogate.txt", session, None, numbers,
           text=body.replace("Please go on.", "half \\ud83c pair") + "\n")

    replies = {
        "help-page-v2.txt": (
            "DESCRIPTION\n  OpenCode command line interface\n\n"
            "USAGE\n  opencode <subcommand> [flags] [<directory>]\n\n"
            "SUBCOMMANDS\n  session   Manage sessions {list|export|remove}\n"
            "  models    List models\n"),
        "not-found.stderr.txt": (
            "Exporting session: ses_4a00000000ffeNobodyHome00\n"
            "\x1b[91m\x1b[1mError: \x1b[0mSession not found: ses_4a00000000ffeNobodyHome00\n"),
        "not-found-v2.stderr.txt": "Error: Session not found: ses_4a00000000ffeNobodyHome00\n",
        "empty.txt": "",
        "wrong-shape.txt": pretty({"info": {"id": session}, "messages": {"count": 2}}) + "\n",
        "array.txt": pretty([{"id": session, "title": "a session list"}]) + "\n",
        "cut-in-the-middle.txt": body[: len(body) * 2 // 3],
    }
    for name, text in replies.items():
        write(f"replies/{name}", text)


# --- models --------------------------------------------------------------------

MODELS = [  # provider, id, name, context, input limit, output
    ("opencode", "gpt-5-nano", "GPT-5 Nano", 400000, 272000, 128000),
    ("anthropic", "claude-haiku-4-5", "Claude Haiku 4.5", 200000, None, 64000),
    ("anthropic", "claude-sonnet-4-5", "Claude Sonnet 4.5", 200000, None, 64000),
    ("local", "My Lamp Model 7B", "My Lamp Model", 8192, None, 2048),
    ("ollama", "lamp3:70b", "Lamp 3 70B", 131072, None, 8192),
    ("openai", "gpt-5", "GPT-5", 400000, 272000, 128000),
    ("openrouter", "glow/vendor/lamp-1", "Lamp 1", 65536, None, 4096),
    ("openrouter", "glow/wick-2:free", "Wick 2", 32768, None, 4096),
    ("mystery", "unlimited", "Nobody knows", 0, None, 0),
]


def model_v1(provider, name, title, context, input_limit, output):
    limit = {"context": context}
    if input_limit:
        limit["input"] = input_limit
    limit["output"] = output
    media = {"text": True, "audio": False, "image": True, "video": False, "pdf": False}
    return {
        "id": name,
        "providerID": provider,
        "name": title,
        "family": name.split("/")[-1].split("-")[0],
        "api": {"id": name, "url": "https://api.example.invalid/v1",
                "npm": "@ai-sdk/openai-compatible"},
        "status": "active",
        "headers": {"x-lantern-key": "made-up-secret"},
        "options": {},
        "cost": {"input": 0.05, "output": 0.4, "cache": {"read": 0.005, "write": 0}},
        "limit": limit,
        "capabilities": {
            "temperature": False, "reasoning": True, "attachment": True, "toolcall": True,
            "input": media, "output": dict(media, image=False), "interleaved": False},
        "release_date": "2025-08-07",
        "variants": {"high": {"limit": {"context": 7}}},
    }


def model_v2(provider, name, title, context, input_limit, output):
    limit = model_v1(provider, name, title, context, input_limit, output)["limit"]
    return {
        "id": name, "modelID": name, "providerID": provider, "name": title,
        "capabilities": {"tools": True, "input": ["text"], "output": ["text"]},
        "variants": [], "time": {"released": 0}, "cost": [], "status": "active",
        "enabled": True, "limit": limit,
    }


def models():
    v1 = "".join(f"{m[0]}/{m[1]}\n{pretty(model_v1(*m))}\n" for m in MODELS)
    v2 = "".join(pretty(model_v2(*m)) + "\n" for m in MODELS)
    rule = "─" * 86
    table = f"Anthropic\n{rule}\n" \
        "Model                        Name               Cost ($/1M in/out)  Context  Output\n" \
        f"{rule}\n" \
        "anthropic/claude-sonnet-4-5  Claude Sonnet 4.5  3 / 15              200K     64K\n" \
        "anthropic/claude-haiku-4-5   Claude Haiku 4.5   1 / 5               200K     64K\n\n" \
        f"Openai\n{rule}\n" \
        "Model         Name   Cost ($/1M in/out)  Context  Output\n" \
        f"{rule}\n" \
        "openai/gpt-5  GPT-5  1.25 / 10           400K     128K\n"
    plain = "".join(f"{m[0]}/{m[1]}\n" for m in MODELS)
    start_of_fourth = v1.index("local/My Lamp Model 7B")
    forms = {
        "verbose-v1.txt": v1,
        "verbose-v1-crlf.txt": v1.replace("\n", "\r\n"),
        "verbose-v1-noise.txt": "INFO loaded {plugins}\n[brass-lamp] ready\n" + v1,
        "verbose-v1-truncated.txt": v1[: start_of_fourth + 200],
        "verbose-v2.txt": v2,
        "verbose-v2-truncated.txt": v2[: v2.index('"id": "My Lamp Model 7B"') + 60],
        "table.txt": table,
        "plain.txt": plain,
        "empty.txt": "",
    }
    for name, text in forms.items():
        write(f"models/{name}", text)
    known = {f"{m[0]}/{m[1]}": m[3] or None for m in MODELS}
    first = {name: known[name] for name in list(known)[:3]}
    nothing = {name: None for name in known}
    # "200K" may be 200,000 or 204,800: a form that rounds gives no number at all.
    return {
        "verbose-v1.txt": known, "verbose-v1-crlf.txt": known, "verbose-v1-noise.txt": known,
        "verbose-v1-truncated.txt": dict(nothing, **first), "verbose-v2.txt": known,
        "verbose-v2-truncated.txt": dict(nothing, **first), "table.txt": nothing,
        "plain.txt": nothing, "empty.txt": nothing,
    }


# --- registries ------------------------------------------------------------------

def record(name, session, status, generation, pid=None, exit_code=None, used=None, finished=None,
           started="2026-02-13T10:00:00.000Z", updated="2026-02-13T10:01:24.000Z",
           model="opencode/gpt-5-nano", children=None, prompt="Trim the wick", usage_at=None,
           variant=None, resumed=0):
    """One agent record with the keys and the key order its generation writes."""
    value = {
        "name": name, "pid": pid, "sessionId": session, "status": status,
        "exitCode": exit_code, "startedAt": started, "updatedAt": updated,
        "finishedAt": finished,
    }
    if generation >= 5.05 and used is not None:
        value["usage"] = used
    value["model"] = model
    if generation >= 5.03:
        value["variant"] = variant
        value["resumeCount"] = resumed
    value["prompt"] = prompt
    value["cwd"] = HOME
    if generation >= 4 and status == "done":
        value["error"] = None
        value["stderr"] = None
    if 4 <= generation < 5.05 and used is not None:
        value["usage"] = used
    if generation >= 5.05:
        value["children"] = children or []
    if generation >= 4 and used is not None:
        value["usageUpdatedAt"] = usage_at or updated
        value["usageRetryAt"] = None
        value["usageAttempt"] = None
        value["usageError"] = None
    return value


def registry(version, records, daemon=False):
    value = {
        "version": version,
        "agents": {r["name"]: r for r in records},
        "updatedAt": "2026-02-13T10:02:00.000Z",
    }
    if daemon:
        value["daemon"] = {"pid": 999999, "startedAt": "2026-02-13T09:59:59.117Z",
                           "lastHeartbeatAt": "2026-02-13T10:02:00.000Z"}
    return value


def plan_usage(count, dialog, full):
    return {"messageCount": count, "dialogTokens": dialog, "contextFullPct": full}


def registries():
    done = "2026-02-13T10:01:24.000Z"
    for version, generation in ((3, 3), (4, 4), (5, 5.03), (5, 5.05)):
        label = {3: "v3", 4: "v4", 5.03: "v5.0.3", 5.05: "v5"}[generation]
        first = plan_usage(2, 5, 0.0006103515625) if generation >= 4 else None
        common = [
            record("review/done", "ses_4a10b2c3dffeMinimal0000001", "done", generation,
                   pid=999991, exit_code=0, used=first, finished=done),
            record("fails", "ses_4a00000000ffeNobodyHome00", "done", generation, pid=999992,
                   exit_code=3, finished=done,
                   used=plan_usage(1, None, None) if generation >= 4 else None),
        ]
        live = record("build/feature-x", "ses_4a7e0f21cffeCachingMany00", "running", generation,
                      pid=999993, used=first)
        ended = record("build/feature-x", "ses_4a7e0f21cffeCachingMany00", "done", generation,
                       pid=999993, exit_code=0, finished=done, used=first)
        write(f"registries/{label}-running.json",
              compact(registry(version, [live] + common, daemon=generation >= 4)))
        write(f"registries/{label}-all-done.json", compact(registry(version, [ended] + common)))

    # The example of the plan, as records.
    write("registries/v5-diagram.json", compact(registry(5, [
        record("review/feature-x", "ses_4a10b2c3dffeMinimal0000001", "done", 5.05, pid=12340,
               exit_code=0, used=plan_usage(18, 1800, 0.009), finished=done),
        record("build/feature-x", "ses_4a7e0f21cffeCachingMany00", "running", 5.05, pid=12345,
               used=plan_usage(12, 1200, 0.006)),
    ])))

    good = compact(registry(5, [
        record(f"agent/{n}", f"ses_4a10b2c3dffeMinimal00000{n:02}", "done", 5.05, pid=990000 + n,
               exit_code=0, finished=done) for n in range(4)]))
    write("registries/corrupt-truncated.json", good[:-40])
    write("registries/corrupt-empty.json", "")
    write("registries/corrupt-not-an-object.json", "[]")
    write("registries/corrupt-agents-an-array.json", '{"version":5,"agents":[],"updatedAt":null}')
    write("registries/corrupt-two-documents.json", good + good)
    write("registries/no-agents.json",
          '{"version":5,"agents":{},"updatedAt":"2026-02-13T10:02:00.000Z"}')

    # Everything another program may have put there, in every spelling JSON allows.
    write("registries/unknown-keys.json", (
        '{"$schema":"https://example.invalid/registry.json","version":5.0,"agents":'
        '{"b\\u0075ild/odd":{"name":"build/odd","pid":999994,"future":{"deep":[1.0,1e3,-0,'
        '12345678901234567890,0.10,1E+2]},"sessionId":"ses_4a10b2c3dffeMinimal0000001",'
        '"status":"done","exitCode":0,"startedAt":"2026-02-13T10:00:00.000Z",'
        '"updatedAt":"2026-02-13T10:01:24.000Z","finishedAt":"2026-02-13T10:01:24.000Z",'
        '"model":"opencode\\/gpt-5-nano","prompt":"say \\"caf\\u00e9\\" \\ud83c\\udfee",'
        '"cwd":"/home/kim/src/lantern","x-note":""},'
        '"zz":{"name":"zz","sessionId":null,"status":"scheduled","pid":null,'
        '"startedAt":"2026-02-13T10:00:00.000Z"}},'
        '"updatedAt":"2026-02-13T10:02:00.000Z","daemon":{"pid":999999,"startedAt":'
        '"2026-02-13T09:59:59.117Z","lastHeartbeatAt":"2026-02-13T10:02:00.000Z"},'
        '"limits":{"usd":12.50},"":null}'))
    write("registries/pretty.json", pretty(registry(5, [
        record("review/done", "ses_4a10b2c3dffeMinimal0000001", "done", 5.05, pid=999991,
               exit_code=0, finished=done)])).replace("\n", "\r\n") + "\r\n")


def main():
    exports_v1()
    exports_children()
    exports_v2()
    noise()
    windows = models()
    registries()
    write("expected.json", pretty({"exports": expected_exports, "models": windows}) + "\n")


if __name__ == "__main__":
    main()
