#!/usr/bin/env python3
"""Runs `evidence nll` in some fifty odd environments, and looks at how each run ends.

    swift build -c release
    python3 Benchmarks/reliability/environments.py --command .build/release/evidence
    python3 Benchmarks/reliability/environments.py --command .build/debug/evidence --quick

Limits of threads, processes, addresses, data, stack and open files; no /proc; closed standard streams; full disks and files
that may not grow; homes, directories, locales, time zones and variables that are not as usual. Every run
  - ends within ten seconds (--limit, for a busy machine),
  - either with the bits of a run in an ordinary environment, or with one of the statuses that the environment may lead to
    and words that say why; never with the words that blame the files, nor with a stack trace,
  - leaves no unfinished file behind.
--quick runs those that need neither root nor a second: what CI runs. Environments that need root, or a locale that is not
installed, are skipped where there is none, and counted. Needs Python alone.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import re
import resource
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESOURCES = ROOT / "Sources" / "EvidenceCommand" / "Resources"
KB = 1024
# Before the command's own first instruction: the loader, or the system that starts it.
LOADER = r"error while loading shared libraries|cannot allocate|Cannot allocate|failed to map segment|Killed"
NO_RESOURCES = {71: r"out of memory: .* refused|no thread can be started|can't be read: /proc", 70: r"a process to read the files in can't be started"}


@dataclasses.dataclass
class Environment:
    name: str
    # A limit (resource, number), or several.
    limits: tuple = ()
    # Words added to the command, and variables added to the environment (None removes one).
    options: tuple = ()
    # Examples and samples; more of the former where threads are to be kept busy.
    examples: str = "0..40"
    samples: str = "60"
    variables: dict = dataclasses.field(default_factory=dict)
    # A shell line that runs "$@" in its place.
    shell: str = ""
    # Statuses besides 0 that are right, each with the words on standard error that go with it.
    failures: dict = dataclasses.field(default_factory=dict)
    # Whether success is wrong.
    must_fail: bool = False
    # Whether the output can be looked at: a closed stream has none.
    has_output: bool = True
    # "root", "nobody" (run as an ordinary user by root), "output" (a results file is written), "slow".
    needs: tuple = ()


def limit(kind, *numbers, scale=1, **rest):
    number = getattr(resource, "RLIMIT_" + kind)
    return [Environment(f"{kind} {n}", limits=((number, n * scale),), **rest) for n in numbers]


def environments():
    memory = {"failures": NO_RESOURCES | {127: LOADER, 1: LOADER, 74: r"Cannot allocate"}}
    yield Environment("as usual")
    yield from limit("AS", 60000, 100000, 120000, scale=KB, **memory)
    yield from limit("AS", 200000, 400000, scale=KB, **memory)
    yield from limit("AS", 600000, scale=KB, options=("--threads", "16"), **memory)
    yield from limit("AS", 2000000, scale=KB, options=("--threads", "128"), examples="0..599", samples="4", **memory)
    yield from limit("DATA", 20000, 100000, 400000, scale=KB, **memory)
    yield Environment("1100 threads", options=("--threads", "1100"), examples="0..599", samples="4", needs=("slow",), **memory)
    yield Environment("40 threads", options=("--threads", "40"), examples="0..599", samples="4")
    yield from limit("NPROC", 1, 2, 3, 4, 6, needs=("nobody",), **memory)
    yield from limit("STACK", 128, 256, 1024, scale=KB, needs=("output",), failures={127: LOADER})
    files = NO_RESOURCES | {127: LOADER, 74: r"Too many open files", 73: r"Too many open files"}
    yield from limit("NOFILE", 3, 4, 5, 6, 7, 8, 10, 16, failures=files, needs=("output",))
    yield Environment("no /proc", shell='unshare -m sh -c \'mount -t tmpfs none /proc && exec "$@"\' sh "$@"',
                      failures=NO_RESOURCES, needs=("root",))
    yield Environment("no /dev/null", shell='unshare -m sh -c \'mount -t tmpfs none /dev && exec "$@" <&-\' sh "$@"',
                      needs=("root",))
    closed = {"failures": {74: r"standard output can't be written|^$"}}
    yield Environment("standard input closed", shell='exec "$@" <&-')
    yield Environment("standard output closed", shell='exec "$@" >&-', must_fail=True, has_output=False, **closed)
    yield Environment("standard error closed", shell='exec "$@" 2>&-', needs=("output",))
    yield Environment("all closed", shell='exec "$@" <&- >&- 2>&-', must_fail=True, has_output=False, needs=("output",), **closed)
    yield Environment("output to a full device", shell='exec "$@" >/dev/full', must_fail=True, has_output=False, **closed)
    yield Environment("errors to a full device", shell='exec "$@" 2>/dev/full')
    yield Environment("output nobody reads", shell='"$@" | true', has_output=False)
    yield from limit("FSIZE", 4, scale=KB, must_fail=True, failures={73: r"File too large", 74: r"File too large"}, needs=("output",))
    yield Environment("full disk", shell='unshare -m sh -c \'mount -t tmpfs -o size=16k none /mnt && exec "$@"\' sh "$@"',
                      options=("--output", "/mnt/results.h5"), must_fail=True,
                      failures={74: r"No space left", 73: r"No space left"}, needs=("root",))
    yield Environment("output in no directory", options=("--output", "/nonexistent/results.h5"), must_fail=True,
                      failures={73: r"/nonexistent"})
    yield Environment("no home", variables={"HOME": "/nonexistent"})
    yield Environment("home unset", variables={"HOME": None})
    yield Environment("read-only home", variables={"HOME": "/proc"}, needs=("output",))
    yield Environment("no variables", shell='exec env -i "$@"')
    yield Environment("no place for temporary files", variables={"TMPDIR": "/nonexistent"}, needs=("output",))
    yield Environment("directory gone", shell='d=$(mktemp -d) && cd "$d" && rmdir "$d" && exec "$@"')
    for locale in ("tr_TR.UTF-8", "de_DE.UTF-8", "C", "nonsense"):
        yield Environment("locale " + locale, variables={"LC_ALL": locale, "LANG": locale}, needs=("output",))
    for zone in ("Asia/Kathmandu", ":nonsense", ""):
        yield Environment(f"TZ '{zone}'", variables={"TZ": zone}, needs=("output",))
    yield Environment("umask 777", shell='umask 777; exec "$@"')
    yield Environment("one processor", shell='exec taskset -c 0 "$@"')
    yield Environment("one malloc arena", variables={"MALLOC_ARENA_MAX": "1"})
    yield Environment("memory filled with noise", variables={"MALLOC_PERTURB_": "165"})
    yield Environment("hang-ups and pipes ignored", shell='trap "" HUP PIPE; exec "$@"')
    yield Environment("a left-over variable", variables={"EVIDENCE_SUPERVISOR": "1:0"})
    yield Environment("processor time 60 s", limits=((resource.RLIMIT_CPU, 60),))


class Skipped(Exception):
    pass


def words_of(options, environment):
    words = [options.command, "nll", options.model, options.data, "--format", "json", "--quiet"]
    return words + ["--examples", environment.examples, "--samples", environment.samples]


def run(options, environment, directory, references):
    """What is wrong with a run; nothing where all is well."""
    results = os.path.join(directory, re.sub(r"\W+", "-", environment.name) + ".h5")
    command = words_of(options, environment) + list(environment.options)
    if "output" in environment.needs:
        command += ["--output", results]
    if environment.shell:
        command = ["sh", "-c", environment.shell, "sh", *command]
    variables = {k: v for k, v in (os.environ | environment.variables).items() if v is not None}
    if "root" in environment.needs and os.geteuid() != 0:
        raise Skipped("needs root")
    as_nobody = "nobody" in environment.needs
    if as_nobody and os.geteuid() != 0:
        raise Skipped("needs root, to be an ordinary user")

    def enter():
        for number, value in environment.limits:
            resource.setrlimit(number, (value, value))
        if as_nobody:
            os.setgid(65534)
            os.setuid(65534)

    started = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, env=variables, preexec_fn=enter, timeout=options.limit)
    except subprocess.TimeoutExpired:
        return f"did not end within {options.limit} s"
    except (OSError, subprocess.SubprocessError) as error:
        raise Skipped(f"could not be started: {error}")
    seconds = time.monotonic() - started
    output, words = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    options.report and print(f"    {done.returncode} in {seconds:.1f} s: {words.strip()[:300]}")
    if "damaged or hostile" in words:
        return "blames the files: " + words
    if re.search(r"Thread \d+ crashed|Fatal error|Stack dump", words):
        return "shows the program's insides: " + words
    left = [n for n in os.listdir(directory) if n.endswith((".partial", ".unfinished"))]
    if left:
        return f"leaves {left}"
    if done.returncode == 0:
        if environment.must_fail:
            return "says nothing of what it could not do"
        key = environment.examples, environment.samples
        if key not in references:
            plain = subprocess.run(words_of(options, environment), capture_output=True, check=True)
            references[key] = likelihood(plain.stdout.decode())
        if environment.has_output and likelihood(output) != references[key]:
            return "gives other numbers"
        return None
    expected = environment.failures.get(done.returncode)
    if expected is None:
        return f"ends with {done.returncode}: {words}"
    return None if re.search(expected, words) else f"ends with {done.returncode} and other words: {words}"


def likelihood(output):
    try:
        return json.loads(output)["logLikelihood"]
    except (ValueError, KeyError):
        return output


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", default=str(ROOT / ".build" / "release" / "evidence"))
    parser.add_argument("--model", default=str(RESOURCES / "digits-iwae-2l.h5"))
    parser.add_argument("--data", default=str(RESOURCES / "digits-test.h5"))
    parser.add_argument("--limit", type=float, default=10, help="seconds that a run may take")
    parser.add_argument("--quick", action="store_true", help="leave out what needs root or takes long")
    parser.add_argument("--only", default="", help="a regular expression for names")
    parser.add_argument("--report", action="store_true", help="print how each run ended")
    options = parser.parse_args()
    options.command = os.path.abspath(options.command)
    failed = skipped = count = 0
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)
        references = {}
        for environment in environments():
            slow = {"root", "nobody", "slow"} & set(environment.needs)
            if (options.quick and slow) or not re.search(options.only, environment.name):
                continue
            try:
                trouble = run(options, environment, directory, references)
            except Skipped as reason:
                print(f"skipped  {environment.name}: {reason}")
                skipped += 1
                continue
            count += 1
            failed += trouble is not None
            print(f"{'FAILED' if trouble else 'ok':8} {environment.name}" + (f": {trouble}" if trouble else ""), flush=True)
    print(f"{count} environments, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
