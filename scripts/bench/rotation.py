"""Cutting a log of 64 MB to its last lines, beside the program that most machines do it with."""

import os
import shutil

from meter import MEBI, interleaved

SIZE = 64 * MEBI


def rotation_row(args, folder, row, figures):
    root = os.path.join(folder, "rotation")
    os.makedirs(os.path.join(root, "logs"))
    log, whole = os.path.join(root, "logs", "app.log"), os.path.join(root, "whole.log")
    line = "2026-03-01T08:00:00Z worker finished request %08d of the day, nothing to report\n"
    with open(whole, "w") as out:
        for number in range(SIZE // len(line % 0)):
            out.write(line % number)
    with open(os.path.join(root, "jobrunner.json5"), "w") as out:
        out.write("{rotate: {files: [{path: 'logs/app.log', keepLines: 200}]}}")
    rules, state = os.path.join(root, "logrotate.conf"), os.path.join(root, "logrotate.state")
    with open(rules, "w") as out:
        out.write(f"{log} {{\n  size 1M\n  rotate 1\n  copytruncate\n  su root root\n}}\n")
    os.chmod(rules, 0o600)
    os.chmod(os.path.dirname(log), 0o755)
    commands = {"jobrunner": [args.binary, "rotate-log"],
                "cat, the limit of reading it": [shutil.which("cat"), whole]}
    logrotate = shutil.which("logrotate") or shutil.which("logrotate", path="/usr/sbin:/sbin")
    if logrotate:
        commands["logrotate, copytruncate"] = [logrotate, "--force", "--state", state, rules]

    def again():
        shutil.copy(whole, log)

    results = interleaved(commands, max(3, args.rounds // 4), before=again, cwd=root)
    own = results["jobrunner"]
    row(f"rotate-log, {SIZE // MEBI} MiB to 200 lines", "jobrunner", figures(own), "", "", None)
    for name, result in results.items():
        if name != "jobrunner":
            row("", name, figures(result))
    if not logrotate:
        row("", "logrotate", "not installed")
