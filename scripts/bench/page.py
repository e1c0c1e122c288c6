"""Write the table of speeds as a page, with what it was measured on."""

import datetime
import platform
import re
import shutil
import subprocess

HEAD = """# Speed

Written by `make bench`; nothing here is typed by hand. Every row runs its programs in interleaved rounds
on one machine in one run and shows medians: `measured` is wall time, CPU time and peak memory unless it
says otherwise. A peer that is faster stands here like any other. `must` is what a release has to hold,
`goal` what we would like to.

"""


def first_line(*command):
    """The first line that a program prints of itself; nil where it is not installed."""
    if not shutil.which(command[0]):
        return None
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return run.stdout.splitlines()[0].strip() if run.stdout else None


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            found = re.search(r"model name\s*: (.*)", file.read())
        return found.group(1) if found else platform.processor()
    except OSError:
        return first_line("sysctl", "-n", "machdep.cpu.brand_string") or platform.processor()


def versions():
    try:
        import duckdb
        duck = f"DuckDB {duckdb.__version__}"
    except ImportError:
        duck = None
    node = first_line("node", "--version")
    swift = first_line("swift", "--version")
    found = [duck, node and f"node {node}", first_line("jq", "--version"),
             first_line("logrotate", "--version"), swift]
    return ", ".join(name for name in found if name)


def write_page(path, binary, conditions, rows):
    """rows: work, program, measured, must, goal, met."""
    facts = [
        ("program", first_line(binary, "--version")),
        ("measured", datetime.date.today().isoformat() + ", " + conditions),
        ("machine", f"{processor()}, {platform.system()} {platform.release()}"),
        ("beside it", versions()),
    ]
    with open(path, "w") as out:
        out.write(HEAD)
        for name, value in facts:
            out.write(f"- {name}: {value}\n")
        out.write("\n| work | program | measured | must | goal | met |\n|---|---|---|---|---|---|\n")
        for line in rows:
            cells = [re.sub(r"\s+", " ", cell).strip().replace("|", "\\|") for cell in line]
            out.write("| " + " | ".join(cells) + " |\n")
