"""Start programs one at a time and take their wall time, CPU time and peak memory.

CPU time and peak memory are those of the finished process (`wait4`). Peak memory has a floor: a
new process is charged with that of the program that started it. That is a small one (METER)
which imports next to nothing.
"""

import ast
import os
import random
import shutil
import statistics
import subprocess
import sys

MEBI = 1024 * 1024


class Sample:
    def __init__(self, wall, cpu, rss, code):
        self.wall, self.cpu, self.rss, self.code = wall, cpu, rss, code


METER = """
import posix, sys, time
for line in sys.stdin.buffer:
    command, cwd, environment, output = eval(line)
    posix.chdir(cwd)
    actions = [(posix.POSIX_SPAWN_OPEN, 0, "/dev/null", posix.O_RDONLY, 0),
               (posix.POSIX_SPAWN_OPEN, 1, output,
                posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC, 0o600),
               (posix.POSIX_SPAWN_DUP2, 1, 2)]
    start = time.perf_counter()
    pid = posix.posix_spawn(command[0], command, environment, file_actions=actions)
    _, status, used = posix.wait4(pid, 0)
    wall = time.perf_counter() - start
    code = posix.waitstatus_to_exitcode(status)
    print(repr((wall, used.ru_utime + used.ru_stime, used.ru_maxrss, code)), flush=True)
"""


class Meter:
    """The process that starts and measures all others."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", METER], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.floor = self.run([shutil.which("true")], "/", {}, os.devnull).rss

    def run(self, command, cwd, environment, output):
        request = repr((command, cwd, dict(environment), output))
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        wall, cpu, rss, code = ast.literal_eval(self.process.stdout.readline())
        return Sample(wall, cpu, rss * (1 if sys.platform == "darwin" else 1024), code)


meter = Meter()


def once(command, cwd="/", env=None, stdout=os.devnull):
    """Run one command to its end."""
    return meter.run(command, cwd, env or os.environ, stdout)


class Result:
    def __init__(self, samples):
        self.wall = statistics.median(s.wall for s in samples)
        self.cpu = statistics.median(s.cpu for s in samples)
        self.rss = max(s.rss for s in samples)
        self.failed = [s.code for s in samples if s.code != 0]


def interleaved(commands, rounds, before=None, **options):
    """Median results by name; commands is {name: argv}."""
    samples = {name: [] for name in commands}
    for name in commands:
        if before:
            before()
        once(commands[name], **options)
    order, shuffle = list(commands), random.Random(1).shuffle
    for _ in range(rounds):
        # Who runs after a large program finds cold caches: not always the same one.
        shuffle(order)
        for name in order:
            if before:
                before()
            samples[name].append(once(commands[name], **options))
    return {name: Result(taken) for name, taken in samples.items()}
