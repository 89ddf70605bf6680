#!/usr/bin/env python3
"""Sends SIGINT and SIGTERM to each command at random moments, and looks at how it ends and what it leaves.

    swift build -c release
    python3 Benchmarks/reliability/signal_test.py --command .build/release/evidence --trials 20

The commands are nll (with --output; as it is, and in one process by --no-isolate), units (with --latents), import and
report; the moments are spread evenly over their duration. After every signal:
  - the command has ended within a second (--limit, for a busy machine), with status 130 or 143 (by itself or, before it
    catches signals, as a shell reports a process that a signal ended), or 0 where it was done already;
  - a results file opens, and its rows are those of an uninterrupted run; the run can be gone on with;
  - a model or a page is whole or not there; nothing unfinished is left beside it.
Needs h5py and numpy.
"""

import argparse
import collections
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import h5py
import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESOURCES = ROOT / "Sources" / "EvidenceCommand" / "Resources"
KERAS = ROOT / "Tests" / "KerasImportTests" / "Fixtures"


def columns(path):
    with h5py.File(path, "r") as file:
        return {name: column[...].view(numpy.uint64) for name, column in file["examples"].items()
                if name == "index" or not column.is_scale}


class Test:
    def __init__(self, options, directory):
        self.options = options
        self.directory = directory
        self.random = random.Random(options.seed)
        self.reference = os.path.join(directory, "reference.h5")
        self.slowest = 0
        self.statuses = collections.Counter()

    def words(self, name, output):
        """The command line, and the files that it may leave when it is stopped."""
        options = self.options
        nll = ["nll", options.model, options.data, "--samples", "1000", "--output", output]
        # Kept beside an unfinished file only where rows wait in it.
        kept = {output, output + ".journal"}
        if name == "nll":
            return nll, kept
        if name == "nll --no-isolate":
            return nll + ["--no-isolate"], kept
        if name == "units":
            # HDF5 in progress: said to be unfinished.
            return ["units", options.model, options.data, "--ablate", "--samples", "100", "--examples", "..200",
                    "--latents", output], {output}
        if name == "import":
            return ["import", "keras", str(KERAS / "keras3-nested.keras"), "-o", output,
                    "--likelihood", "bernoulli"], {output}
        return ["report", self.reference, "--data", options.data, "-o", output], {output}

    def start(self, words):
        return subprocess.Popen(
            [self.options.command, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.directory)

    def check_output(self, name, output, is_done):
        if not os.path.exists(output):
            return
        if name.startswith("nll"):
            expected = columns(self.reference)
            for column, found in columns(output).items():
                if not numpy.array_equal(found, expected[column][: len(found)]):
                    sys.exit(f"{name}: {column} differs from the uninterrupted run")
        elif name == "report":
            text = pathlib.Path(output).read_text()
            if not text.rstrip().endswith("</html>"):
                sys.exit(f"{name}: a part of a page")
        elif name == "import" or is_done:
            with h5py.File(output, "r") as file:
                file.visit(lambda _: None)

    def trial(self, name, duration, number):
        output = os.path.join(self.directory, "output")
        before = set(os.listdir(self.directory))
        words, may_stay = self.words(name, output)
        process = self.start(words)
        time.sleep(self.random.uniform(0, 1.02 * duration))
        sent = time.monotonic()
        which = signal.SIGINT if number % 2 == 0 else signal.SIGTERM
        is_done = process.poll() is not None
        process.send_signal(which)
        try:
            errors = process.communicate(timeout=60)[1].decode()
        except subprocess.TimeoutExpired:
            process.kill()
            sys.exit(f"{name}: goes on for a minute after signal {which.name}")
        took = 0 if is_done else time.monotonic() - sent
        status = 128 - process.returncode if process.returncode < 0 else process.returncode
        if status not in (0, 128 + which):
            sys.exit(f"{name}: status {process.returncode} after {which.name}: {errors}")
        if took > self.options.limit:
            sys.exit(f"{name}: {took:.2f} s from {which.name} to the end")
        self.slowest = max(self.slowest, took)
        self.statuses[process.returncode] += 1
        left = {os.path.join(self.directory, file) for file in set(os.listdir(self.directory)) - before}
        if left - may_stay:
            sys.exit(f"{name}: left behind: {sorted(left - may_stay)}")
        self.check_output(name, output, is_done)
        if name == "nll" and number % 10 == 0 and os.path.exists(output):
            again = self.start(words + ["--resume"])
            if again.wait() != 0 or again.stdout.read() is None:
                sys.exit(f"{name}: the run can't be gone on with: {again.stderr.read().decode()}")
            if len(columns(output)["index"]) != len(columns(self.reference)["index"]):
                sys.exit(f"{name}: rows are missing after going on")
        for file in left:
            if os.path.exists(file):
                os.remove(file)

    def run(self):
        subprocess.run(
            [self.options.command, *self.words("nll", self.reference)[0]], check=True, capture_output=True)
        for name in ("nll", "nll --no-isolate", "units", "import", "report"):
            output = os.path.join(self.directory, "output")
            start = time.monotonic()
            process = self.start(self.words(name, output)[0])
            errors = process.communicate()[1].decode()
            duration = time.monotonic() - start
            if process.returncode != 0:
                sys.exit(f"{name}: status {process.returncode}: {errors}")
            os.remove(output)
            self.slowest, self.statuses = 0, collections.Counter()
            for number in range(self.options.trials):
                self.trial(name, duration, number)
            print(
                f"{name} ({duration:.2f} s): {self.options.trials} signals, slowest end {1000 * self.slowest:.0f} ms, "
                f"statuses {dict(sorted(self.statuses.items()))}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--command", default=str(ROOT / ".build" / "release" / "evidence"))
    parser.add_argument("--model", default=str(RESOURCES / "digits-iwae-2l.h5"))
    parser.add_argument("--data", default=str(RESOURCES / "digits-test.h5"))
    parser.add_argument("--trials", type=int, default=20, help="for each of the five commands")
    parser.add_argument("--limit", type=float, default=1.0, help="seconds from the signal to the end")
    parser.add_argument("--seed", type=int, default=0)
    with tempfile.TemporaryDirectory(prefix="signal-test-") as directory:
        Test(parser.parse_args(), directory).run()


if __name__ == "__main__":
    main()
