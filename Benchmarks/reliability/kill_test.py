#!/usr/bin/env python3
"""Kills runs of `evidence nll --output` with SIGKILL at random moments, and looks at what is left.

    swift build -c release
    python3 Benchmarks/reliability/kill_test.py --command .build/release/evidence --kills 100

After every kill:
  - the results file opens with h5py and says that it is not finished, or is complete;
  - it holds every row that it was ever seen to hold, each equal bit for bit to that of an uninterrupted run;
  - the run that goes on restores every row that was in the file or in the journal.
When a run ends at last, its file equals the uninterrupted one bit for bit in every column, and nothing is left beside it.

Every other kill is aimed: it comes within five milliseconds after a new file begins to be written beside the old one. One kill
in three is of the command's process alone, whose child must end as well; the others are of both. Needs h5py and numpy.
"""

import argparse
import os
import pathlib
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import h5py
import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESOURCES = ROOT / "Sources" / "EvidenceCommand" / "Resources"


def read(path):
    """The bits of every column, and whether the file says that it is finished."""
    with h5py.File(path, "r") as file:
        columns = {name: column[...].view(numpy.uint64) for name, column in file["examples"].items()
                if name == "index" or not column.is_scale}
        return columns, "finished" in file.attrs


def row_count(path):
    with h5py.File(path, "r") as file:
        return file["examples/index"].shape[0]


def journal_count(path, record):
    """Rows up to the last whole record of the journal."""
    try:
        with open(path + ".journal", "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return 0
    whole = len(data) // record
    if whole == 0:
        return 0
    return struct.unpack_from("<q", data, (whole - 1) * record)[0] + 1


def check_prefix(columns, reference, what):
    count = len(columns["index"])
    for name, expected in reference.items():
        if not numpy.array_equal(columns[name], expected[:count]):
            sys.exit(f"{what}: {name} differs from the uninterrupted run")
    return count


class Test:
    def __init__(self, options):
        self.options = options
        self.directory = tempfile.mkdtemp(prefix="kill-test-")
        self.random = random.Random(options.seed)
        self.kills = self.aimed = self.finished = self.restored = self.ended_before = 0
        self.journaled = 0

    def command(self, output, *more):
        options = self.options
        return [options.command, "nll", options.model, options.data, "--samples", str(options.samples),
                "--output", output, "--verbose", *more]

    def uninterrupted(self):
        path = os.path.join(self.directory, "reference.h5")
        start = time.monotonic()
        subprocess.run(self.command(path), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.duration = time.monotonic() - start
        self.reference, is_finished = read(path)
        assert is_finished
        words = sum(column[0].size for column in self.reference.values())
        self.record = 8 * (words + 1)

    def wait_for_moment(self, process, output, aims):
        """Sleeps until the moment to kill; returns rows seen to be saved, or None where the run ended before."""
        deadline = time.monotonic() + self.random.uniform(0, self.duration)
        seen, safe = 0, 0
        next_look = time.monotonic()
        while time.monotonic() < deadline:
            if process.poll() is not None:
                return None
            if aims and os.path.exists(output + ".partial"):
                time.sleep(self.random.uniform(0, 0.005))
                self.aimed += 1
                break
            if time.monotonic() >= next_look and os.path.exists(output):
                seen = max(seen, row_count(output))
                safe = max(safe, seen, journal_count(output, self.record))
                next_look = time.monotonic() + 0.05
            time.sleep(0.0005 if aims else 0.005)
        return seen, safe

    def run_once(self):
        """One output, killed again and again until it is finished."""
        output = os.path.join(self.directory, "results.h5")
        seen = safe = 0
        while True:
            more = ["--resume"] if os.path.exists(output) or self.random.random() < 0.5 else []
            process = subprocess.Popen(
                self.command(output, *more), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                start_new_session=True)
            moment = None
            if self.kills < self.options.kills:
                moment = self.wait_for_moment(process, output, aims=self.kills % 2 == 1)
            if moment is not None:
                if self.kills % 3 == 0:
                    process.send_signal(signal.SIGKILL)
                else:
                    os.killpg(process.pid, signal.SIGKILL)
            # Until the last process that holds the pipe has ended.
            errors = process.communicate()[1]
            if restored := re.search(r"restored=(\d+)", errors):
                if int(restored[1]) < safe:
                    sys.exit(f"{safe} rows were safe, yet {restored[1]} were restored")
                self.restored += int(restored[1])
                self.journaled += int(restored[1]) > seen
            if process.returncode == 0:
                break
            if process.returncode != -signal.SIGKILL:
                sys.exit(f"status {process.returncode}: {errors}")
            self.kills += 1
            if moment is not None:
                seen, safe = max(seen, moment[0]), max(safe, moment[1])
            if not os.path.exists(output):
                if seen:
                    sys.exit("the file is gone")
                self.ended_before += 1
                continue
            columns, is_finished = read(output)
            count = check_prefix(columns, self.reference, f"kill {self.kills}")
            if count < seen:
                sys.exit(f"kill {self.kills}: {seen} rows were saved, yet {count} are there")
            if is_finished and count != len(self.reference["index"]):
                sys.exit(f"kill {self.kills}: finished with {count} rows")
            seen = count
            safe = max(safe, seen, journal_count(output, self.record))
            print(f"kill {self.kills}: {count} rows in the file, {safe} with the journal", flush=True)
        columns, is_finished = read(output)
        if not is_finished or check_prefix(columns, self.reference, "end") != len(self.reference["index"]):
            sys.exit("the run ended, yet the file is not complete")
        left = sorted(set(os.listdir(self.directory)) - {"reference.h5", "results.h5"})
        if left:
            sys.exit(f"left behind: {left}")
        os.remove(output)
        self.finished += 1

    def run(self):
        self.uninterrupted()
        print(f"uninterrupted: {len(self.reference['index'])} rows in {self.duration:.1f} s", flush=True)
        while self.kills < self.options.kills:
            self.run_once()
        print(
            f"{self.kills} kills, {self.aimed} of them while a file was being written, {self.ended_before} before there was one; "
            f"{self.restored} rows restored, {self.journaled} times some from the journal; "
            f"{self.finished} runs finished, all equal to the uninterrupted one bit for bit")
        shutil.rmtree(self.directory)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--command", default=str(ROOT / ".build" / "release" / "evidence"))
    parser.add_argument("--model", default=str(RESOURCES / "digits-iwae-2l.h5"))
    parser.add_argument("--data", default=str(RESOURCES / "digits-test.h5"))
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    Test(parser.parse_args()).run()


if __name__ == "__main__":
    main()
