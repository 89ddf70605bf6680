"""What every benchmark script shares: the processor's peak, a run of `evidence`, and how busy the machine is.

Imports nothing outside the standard library: a process that a large one starts is billed for the large one's memory.
"""

import functools
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent.parent


@functools.cache
def _peak_program():
    program = tempfile.mkdtemp(prefix="fma-peak-") + "/fma_peak"
    source = HERE.parent / "FMAPeak" / "fma_peak.c"
    subprocess.run(
        [os.environ.get("CC", "cc"), "-O2", "-march=native", "-ffp-contract=fast", "-DFMA_PEAK_MAIN", "-o", program,
         str(source), "-lpthread"], check=True)
    return program


def fma_peak(threads):
    """Single-precision operations a second by fused multiply-adds alone, the best of many trials."""
    return float(subprocess.check_output([_peak_program(), str(threads)]))


class Usage(NamedTuple):
    """What a process took: seconds on the wall, seconds of processors, most resident bytes."""

    seconds: float
    processor_seconds: float
    memory: int


def run(command, threads=None, environment=None):
    """Runs a command on as many cores as threads; its standard output and what it took."""
    cores = sorted(os.sched_getaffinity(0))[:threads]
    start = time.monotonic()
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **(environment or {})}, preexec_fn=lambda: os.sched_setaffinity(0, cores))
    output, errors = _read_both(process)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - start
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with {process.returncode}:\n{errors}")
    return output, Usage(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def _read_both(process):
    # Not communicate(): it would collect the exit status, and with it what the process used.
    import threading

    errors = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
    reader.start()
    output = process.stdout.read()
    reader.join()
    process.stdout.close()
    process.stderr.close()
    return output, errors[0]


def evidence_path():
    """The release build, made if need be."""
    build = ["swift", "build", "-c", "release", "--product", "evidence", "--package-path", str(PACKAGE)]
    subprocess.run(build, check=True, stdout=sys.stderr)
    folder = subprocess.check_output([*build, "--show-bin-path"], text=True).strip()
    return f"{folder}/evidence"


def evidence_nll(program, model, data, samples, threads, *options):
    """One run of `evidence nll`; its JSON, and what the process took."""
    output, usage = run(
        [program, "nll", model, data, "--samples", samples, "--threads", threads, "--format", "json", "--quiet",
         *options], threads)
    return json.loads(output), usage


def processor():
    """The type of processor and the number of cores."""
    name = platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    return f"{name} ({platform.machine()}), {len(os.sched_getaffinity(0))} cores"


def wait_until_quiet(limit=0.5, patience=0):
    """Waits until the load average is below the limit, `patience` seconds at most; says how busy the machine is."""
    deadline = time.monotonic() + patience
    while os.getloadavg()[0] > limit and time.monotonic() < deadline:
        time.sleep(5)
    load = os.getloadavg()[0]
    note = f"load average {load:.2f} before the run"
    if load > limit:
        print(f"warning: {note}: other programs are running, and the times below are too long", file=sys.stderr)
    return note


def markdown_row(cells):
    """One row of a Markdown table."""
    return "| " + " | ".join(map(str, cells)) + " |"


def markdown_table(header, rows, left=1):
    """A Markdown table; the first `left` columns are aligned to the left."""
    rule = "|" + "|".join("---" if column < left else "---:" for column in range(len(header))) + "|"
    return "\n".join([markdown_row(header), rule, *map(markdown_row, rows)])
