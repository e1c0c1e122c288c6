#!/usr/bin/env python3
"""Writes the manual pages of jobrunner, made of what the program says of itself.

    man_pages.py BINARY FOLDER [DATE]

One page for the program and one for each command, in mdoc (mandoc.db's own language), from
`BINARY --experimental-dump-help`. DATE is that of the pages, as 2026-11-21.
"""

import json
import os
import re
import subprocess
import sys


def escaped(text):
    """Text that means itself: no line is a request, no word a macro."""
    text = text.replace("\\", "\\e").replace("`", "\\(ga").replace("'", "\\(aq")
    text = text.replace("-", "\\-").replace("^", "\\(ha").replace("~", "\\(ti")
    lines = [re.sub(r"^([.])", r"\\&\1", line) for line in text.split("\n")]
    return "\n".join(lines)


def quoted(text):
    """An argument of a macro."""
    return '"' + escaped(text).replace('"', "\\(dq") + '"'


def spelled(name):
    dashes = "--" if name["kind"] == "long" else "-"
    return dashes + name["name"]


def names(argument):
    return [spelled(name) for name in argument.get("names", [])]


def synopsis(argument):
    if argument["kind"] == "positional":
        word = "Ar " + quoted(argument["valueName"])
        tail = " ..." if argument["isRepeating"] else ""
    else:
        word = "Fl " + quoted(spelled(argument["preferredName"])[1:])
        tail = " Ar " + quoted(argument["valueName"]) if argument["kind"] == "option" else ""
    word += tail
    return (".Op " if argument["isOptional"] else ".") + word


def shown(command):
    return [a for a in command.get("arguments", []) if a.get("shouldDisplay", True)]


def arguments_section(command):
    lines = [".Bl -tag -width indent"]
    for argument in shown(command):
        if argument["kind"] == "positional":
            lines.append(".It Ar " + quoted(argument["valueName"]))
        else:
            value = " Ar " + quoted(argument["valueName"]) if argument["kind"] == "option" else ""
            flags = " , ".join("Fl " + quoted(n[1:]) for n in names(argument))
            lines.append(".It " + flags + value)
        text = " ".join(
            part for part in (argument.get("abstract"), argument.get("discussion")) if part)
        lines.append(escaped(text) or "No more is said of it.")
    return lines + [".El"] if len(lines) > 1 else []


def paragraphs(text):
    """The discussion, and the examples at its end."""
    before, mark, examples = text.partition("Examples:\n")
    lines = []
    for index, paragraph in enumerate(p for p in before.strip().split("\n\n") if p.strip()):
        if index:
            lines.append(".Pp")
        lines.append(escaped(" ".join(paragraph.split())))
    sample = [line.strip() for line in examples.strip("\n").split("\n")] if mark else []
    return lines, sample


def page(name, command, title, date, more):
    description, examples = paragraphs(command.get("discussion", ""))
    lines = [
        ".Dd " + date, ".Dt " + title.upper() + " 1", ".Os", ".Sh NAME", ".Nm " + title,
        ".Nd " + escaped(command["abstract"].rstrip(".")), ".Sh SYNOPSIS", ".Nm " + quoted(name),
    ]
    lines += [synopsis(argument) for argument in shown(command)]
    if command.get("subcommands"):
        lines += [".Ar command", ".Op Ar arguments"]
    lines += [".Sh DESCRIPTION"] + (description or [escaped(command["abstract"])])
    lines += arguments_section(command)
    lines += more
    if examples:
        lines += [".Sh EXAMPLES", ".Bd -literal -offset indent"]
        lines += [escaped(line) for line in examples] + [".Ed"]
    return lines


def commands_section(commands):
    lines = [".Sh COMMANDS", ".Bl -tag -width indent"]
    for command in commands:
        lines += [
            ".It Xr jobrunner-" + escaped(command["commandName"]) + " 1",
            escaped(command["abstract"]),
        ]
    return lines + [".El"]


STATUSES = [
    ("0", "done, or nothing to do"), ("1", "the answer is no"), ("64", "usage"),
    ("65", "damaged input, left untouched"), ("66", "input missing"),
    ("69", "a needed program or service is missing"), ("70", "our defect"),
    ("73", "no space, or a file cannot be created"), ("74", "I/O error"),
    ("75", "another program is in the way; try later"), ("77", "permission"),
    ("78", "configuration"), ("124", "deadline passed before anything was done"),
    ("130, 143", "stopped by a signal"),
]

VARIABLES = [
    ("JOBRUNNER_WORKSPACE", "The folder to work for."),
    ("JOBRUNNER_STATE_DIR", "The folder of locks, caches and marks."),
    ("OPENCODE_PSA_DIR", "The folder of the agents' registry."),
    ("TRACKER_DATA_DIR", "The folder of readings, windows and telemetry."),
    ("TRACKER_ALIAS_STATE_DIR", "The folder of each agent's own state."),
    ("AGENT_ID", "Whose windows are kept; main where it is not set."),
]

FILES = [
    ("jobrunner.json5", "The settings; jobrunner config print --defaults shows all."),
    (".opencode-subagent/registry.json", "The agents, shared with opencode-subagent."),
    (".jobrunner/", "Locks, caches and marks of jobrunner."),
    ("data/week0/live/", "Readings, windows and telemetry."),
]


def table(title, macro, rows):
    lines = [".Sh " + title, ".Bl -tag -width indent"]
    for name, text in rows:
        lines += [".It " + macro + " " + quoted(name), escaped(text)]
    return lines + [".El"]


def month(date):
    year, number, day = date.split("-")
    names_of_months = (
        "January February March April May June July August September October November December")
    return "%s %d, %s" % (names_of_months.split()[int(number) - 1], int(day), year)


def main():
    binary, folder = sys.argv[1], sys.argv[2]
    date = month(sys.argv[3] if len(sys.argv) > 3 else "2026-11-01")
    dump = subprocess.run(
        [binary, "--experimental-dump-help"], check=True, capture_output=True, text=True).stdout
    root = json.loads(dump)["command"]
    commands = [c for c in root["subcommands"] if c["commandName"] != "help"]
    status = table("EXIT STATUS", "Li", STATUSES)
    pages = {
        "jobrunner": page(
            "jobrunner", root, "jobrunner", date,
            commands_section(commands) + table("ENVIRONMENT", "Ev", VARIABLES)
            + table("FILES", "Pa", FILES) + status)
    }
    for command in commands:
        title = "jobrunner-" + command["commandName"]
        pages[title] = page(
            "jobrunner " + command["commandName"], command, title, date,
            [".Sh EXIT STATUS", "See", ".Xr jobrunner 1 ."]) + [
            ".Sh SEE ALSO", ".Xr jobrunner 1"]
    os.makedirs(folder, exist_ok=True)
    for name, lines in pages.items():
        with open(os.path.join(folder, name + ".1"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
