#!/usr/bin/env python3
"""Feeds damaged files of every kind to the readers, and counts what happens.

    swift build -c release && swift build -c release --package-path Benchmarks --product Fuzzing
    /tmp/peers/bin/python Benchmarks/reliability/fuzz.py --inputs 100000

Needs h5py and numpy. `Fuzzing` makes the files from those of a corpus, each from its number alone, and reads them in one
process for speed; this script limits that process's memory and time, and starts it again behind a file that ended it.

  - A crash, and a file that takes more than two seconds of processor time, is libhdf5's where libhdf5 is among the innermost
    frames, and the command must make an error of it, which is tried on the first 300 of a kind; otherwise it is ours, and a
    fault, unless the file does nothing alone. "Heap" is such a case, and malloc's own complaint: libhdf5 has written where it
    should not.
  - Every file that is read is read by h5py too and compared (comparing.py): places, shapes, numbers, attributes.

One of them again: FUZZING_PRINT=1 …/Fuzzing KIND NUMBER NUMBER+1 CORPUS SCRATCH.
"""

import argparse
import collections
import os
import pathlib
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import comparing
import corpora

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Files read by one process: what libhdf5 never gives back, and what is kept to be compared, does not add up.
BLOCK = 5000
# Of the files that end the worker, these are given to the command: some keep it for three seconds.
MOST_ISOLATED = 300


def limited(memory):
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 20, 64 << 20))
    return limit


def culprit(trace, how):
    """Whose end it is, by the innermost frames: libhdf5's, the heap's (libhdf5 broke it on a file before), or ours."""
    # Behind the handler's own frame, and that of the signal.
    frames = re.findall(r"^(\S+?)\(([^)+]*)", trace, re.MULTILINE)
    how = "more than two seconds" if how == "SIGPROF" else how
    inside = next((name for _, name in frames if name.startswith("H5")), None)
    if inside or any("libhdf5" in library for library, _ in frames[:8]):
        return f"libhdf5: {how} in {inside or 'a function without a name'}"
    if how == "SIGABRT" and re.search(r"malloc|free|corrupt|chunk|unaligned", trace):
        return f"heap: {how}"
    return f"OURS: {how} in {' < '.join(name or library for library, name in frames[2:7])}"


class Run:
    """All files of one kind."""

    def __init__(self, options, kind, corpus):
        self.options, self.kind, self.corpus = options, kind, corpus
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix=f"fuzz-{kind}-", dir=options.scratch))
        (self.scratch / "kept").mkdir()
        self.names = sorted(os.listdir(corpus / kind))
        self.ends = collections.defaultdict(list)
        # What the command makes of the files that ended the worker, by status.
        self.isolated = collections.Counter()
        self.compared = comparing.Outcome()

    def status(self):
        return struct.unpack("<3q", (self.scratch / "status").read_bytes())

    def run(self):
        (self.scratch / "status").write_bytes(struct.pack("<3q", 0, 0, 0))
        start = time.monotonic()
        end = self.options.first + self.options.inputs
        for first in range(self.options.first, end, BLOCK):
            self.read(first, min(first + BLOCK, end))
            self.compared += comparing.compare(self.kind, self.scratch / "kept", self.corpus)
        self.seconds = time.monotonic() - start

    def worker(self, first, last, scratch):
        """How the worker ends on some files, and what it says."""
        return subprocess.run(
            [self.options.worker, self.kind, str(first), str(last), self.corpus, scratch],
            preexec_fn=limited(self.options.memory << 20), env=dict(os.environ, EVIDENCE=str(self.options.evidence)),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")

    def culprit(self, number, result):
        """Whose an end is; what seems to be ours, or malloc complains of, is looked at again alone."""
        found = culprit(result.stderr, signal.Signals(-result.returncode).name)
        if found.startswith("libhdf5"):
            return found
        with tempfile.TemporaryDirectory(prefix="fuzz-alone-", dir=self.options.scratch) as folder:
            scratch = pathlib.Path(folder)
            (scratch / "kept").mkdir()
            (scratch / "status").write_bytes(bytes(24))
            alone = self.worker(number, number + 1, scratch)
        if alone.returncode >= 0:
            return "heap: broken by a file before"
        return culprit(alone.stderr, signal.Signals(-alone.returncode).name)

    def read(self, first, last):
        while first < last:
            result = self.worker(first, last, self.scratch)
            number = self.status()[0]
            if result.returncode > 0:
                sys.exit(f"{self.kind}: the worker ended with {result.returncode} at {number}: {result.stderr}")
            if result.returncode < 0:
                # A crash on the way out, behind the last file, is no other file's.
                self.ends[self.culprit(number, result) if number < last else "heap: on the way out"].append(number)
                if number < last and sum(self.isolated.values()) < MOST_ISOLATED:
                    self.isolated[self.isolate(number)] += 1
            first = min(number + 1, last) if result.returncode < 0 else last

    def isolate(self, number):
        """The status of the command on a file that ended the worker."""
        name = self.names[number % len(self.names)]
        path = self.scratch / name
        words = ["inspect", path]
        if self.kind in ("keras", "archive", "json"):
            companions = self.corpus / f"{self.kind}.with" / name
            more = sorted(companions.iterdir()) if companions.exists() else []
            words = ["import", "keras", path, *more, "-o", self.scratch / "imported", "--force"]
        if self.kind == "shards":
            folder = self.scratch / "shards"
            shutil.copytree(self.corpus / "shards", folder, dirs_exist_ok=True)
            shutil.copy(path, folder)
            given = [folder / "form-shards.weights.json", folder / "form-shards.json"]
            words = ["import", "keras", *given, "-o", self.scratch / "imported", "--force"]
        return subprocess.run([self.options.evidence, *words], capture_output=True).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", default=ROOT / "Benchmarks" / ".build" / "release" / "Fuzzing")
    parser.add_argument("--evidence", default=ROOT / ".build" / "release" / "evidence")
    parser.add_argument("--inputs", type=int, default=10_000, help="files of each kind (10,000)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first (0)")
    parser.add_argument("--kinds", nargs="*", default=[
        "model", "data", "results", "keras", "archive", "json", "units", "second", "numpy", "sparse", "tables", "shards"])
    parser.add_argument("--memory", type=int, default=2048, help="MiB of address space (2048)")
    parser.add_argument("--scratch", default="/dev/shm" if os.path.isdir("/dev/shm") else None)
    options = parser.parse_args()

    corpus = pathlib.Path(tempfile.mkdtemp(prefix="fuzz-corpus-"))
    corpora.make(corpus, options.evidence)
    print(f"{'kind':8} {'files':>7} {'refused':>8} {'read':>7} {'compared':>8} {'not h5py':>8} {'wrong':>5} "
          f"{'libhdf5':>7} {'heap':>6} {'ours':>5} {'files/s':>8}")
    details, failed = [], False
    for kind in options.kinds:
        run = Run(options, kind, corpus)
        run.run()
        _, refused, read = run.status()
        found = run.compared
        count = lambda whose: sum(len(numbers) for who, numbers in run.ends.items() if who.startswith(whose))
        print(f"{kind:8} {options.inputs:7} {refused:8} {read:7} {found.compared:8} {found.unread:8} "
              f"{len(found.wrong):5} {count('libhdf5'):7} {count('heap'):6} {count('OURS'):5} "
              f"{options.inputs / run.seconds:8.0f}", flush=True)
        details += [f"{kind}: {len(n)} × {who}, such as {n[:3]}" for who, n in sorted(run.ends.items())]
        if run.isolated:
            details += [f"{kind}: the command ends on the first of these with " + ", ".join(
                f"{status} ({count} ×)" for status, count in sorted(run.isolated.items()))]
        details += [f"{kind}: {name}: {words}" for name, words in found.wrong[:20]]
        if found.ignored:
            details += [f"{kind}: settings that were changed and made no difference: " + ", ".join(
                f"{name} ({count} ×)" for name, count in found.ignored.most_common(60))]
        failed |= bool(count("OURS") or found.wrong or set(run.isolated) - {0, 64, 65})
        shutil.rmtree(run.scratch)
        print("\n".join(details) + "\n", flush=True)
        details = []
    print(f"corpus: {corpus}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
