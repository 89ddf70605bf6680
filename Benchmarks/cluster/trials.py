#!/usr/bin/env python3
"""Tries shards as launchers start them, and says what they cost. Every trial compares bits with one process.

    swift build -c release
    python3 Benchmarks/cluster/trials.py --command .build/release/evidence [launchers] [deaths] [hosts] [merging] [overhead]

  launchers  Open MPI's and MPICH's (Debian: openmpi-bin, mpich), each with a shard for each rank
  deaths     ranks killed at random moments by `kill -9`, started again with --resume, until none is left
  hosts      two writers of one output, in network and process namespaces of their own (needs root)
  merging    1,000 files of 1,000 rows, and 64 files of 10^6 rows: seconds and memory
  overhead   what a shard adds to a run: starting, reading and hashing, its part of merging
Without a name, all. Needs numpy and h5py; the model is the bundled sample.
"""

import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import h5py
import numpy

SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "Sources" / "EvidenceCommand" / "Resources"
MODEL = str(SAMPLE / "digits-iwae-2l.h5")
DIGITS = str(SAMPLE / "digits-test.h5")
# What runs may differ in.
TIMES = {"seconds"}


class Trials:
    def __init__(self, command, directory):
        self.command = os.path.realpath(command)
        self.directory = directory

    def path(self, name):
        return os.path.join(self.directory, name)

    def nll(self, data, samples, *words):
        return [self.command, "nll", MODEL, data, "--dataset", "images", "--samples", str(samples), "--quiet", "--format", "json", *words]

    def whole(self, data, samples):
        """The results of one process."""
        path = self.path("one.h5")
        if os.path.exists(path):
            os.remove(path)
        subprocess.run(self.nll(data, samples, "--output", path), check=True, stdout=subprocess.DEVNULL)
        return path

    def parts(self):
        return sorted(str(p) for p in pathlib.Path(self.directory).glob("part-*.h5"))

    def merged(self):
        path = self.path("all.h5")
        if os.path.exists(path):
            os.remove(path)
        process = subprocess.Popen([self.command, "merge", *self.parts(), "-o", path], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0, "the merge failed"
        self.megabytes = usage.ru_maxrss / 1024
        return path

    def clear(self):
        for part in self.parts():
            os.remove(part)

    def launchers(self):
        one = self.whole(DIGITS, 50)
        for name, launcher in {
            "Open MPI": ["mpirun.openmpi", "-n", "4", "--oversubscribe", "--allow-run-as-root"],
            "MPICH": ["mpiexec.hydra", "-n", "3"],
        }.items():
            if not shutil.which(launcher[0]):
                print(f"{name}: not installed")
                continue
            self.clear()
            words = self.nll(DIGITS, 50, "--shard", "auto", "--output", self.path("part"))
            subprocess.run([*launcher, *words], check=True, stdout=subprocess.DEVNULL)
            print(f"{name}: {len(self.parts())} shards, {equal(one, self.merged())}")

    def deaths(self, shards=4, seed=0):
        one = self.whole(DIGITS, 3000)
        self.clear()
        dice = random.Random(seed)
        killed = 0
        waiting = list(range(shards))
        while waiting:
            shard = waiting.pop(0)
            words = self.nll(DIGITS, 3000, "--threads", "1", "--shard", f"{shard}/{shards}", "--output", self.path("part"), "--resume")
            process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            try:
                process.wait(dice.uniform(0.02, 0.8))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
                killed += 1
            if process.returncode != 0:
                waiting.append(shard)
        print(f"deaths: {killed} processes killed, {equal(one, self.merged())}")

    def hosts(self):
        output = self.path("shared.h5")
        words = self.nll(DIGITS, 20000, "--output", output)
        alone = ["unshare", "--net", "--pid", "--uts", "--fork", "--kill-child"]
        first = subprocess.Popen([*alone, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not os.path.exists(output + ".journal"):
            assert first.poll() is None, "the first writer ended before it began"
        second = subprocess.run([*alone, *words, "--resume"], capture_output=True, text=True)
        first.kill()
        first.wait()
        assert second.returncode != 0 and "another run is writing" in second.stderr, second.stderr
        print("hosts: the second writer is refused:", second.stderr.strip().splitlines()[0].replace(self.directory + "/", ""))

    def tile(self, count):
        """A dataset of many examples, all out of the sample's."""
        path = self.path(f"digits-{count}.h5")
        if not os.path.exists(path):
            with h5py.File(DIGITS) as source, h5py.File(path, "w") as target:
                images = source["images"][...]
                made = target.create_dataset("images", (count, *images.shape[1:]), images.dtype)
                for start in range(0, count, len(images)):
                    stop = min(start + len(images), count)
                    made[start:stop] = images[: stop - start]
        return path

    def merging(self):
        for files, rows in ((64, 15_625), (1000, 1000)):
            self.clear()
            data = self.tile(files * rows)
            one = self.whole(data, 1)
            # The parts of a run are cut out of one: a thousand starts would measure the starts.
            for part in range(files):
                cut(one, self.path(f"part-{part:04}.h5"), part * rows, rows)
            started = time.perf_counter()
            path = self.merged()
            seconds = time.perf_counter() - started
            print(f"merging: {files} files of {rows} rows in {seconds:.1f} s, {self.megabytes:.0f} MB; {equal(one, path)}")

    def overhead(self):
        data = self.tile(60_000)

        def seconds(*words):
            started = time.perf_counter()
            subprocess.run(self.nll(data, 1, *words), check=True, stdout=subprocess.DEVNULL)
            return time.perf_counter() - started

        self.clear()
        start = min(seconds("--examples", f"{i}..{i + 1}", "--output", self.path(f"part-{i}.h5")) for i in range(9))
        started = time.perf_counter()
        self.merged()
        merge = (time.perf_counter() - started) / len(self.parts())
        print(f"overhead: a shard of one example takes {start:.3f} s, its part of merging {merge:.3f} s: "
              f"{100 * (start + merge) / 60:.2f} % of a minute")


def cut(source, target, first, count):
    """Writes some rows of a results file as a results file of a shard."""
    with h5py.File(source) as whole, h5py.File(target, "w") as part:
        for name, value in whole.attrs.items():
            part.attrs.create(name, value, dtype=whole.attrs.get_id(name).dtype)
        part.attrs["whole_first"] = whole.attrs["examples_first"]
        part.attrs["whole_last"] = whole.attrs["examples_last"]
        part.attrs["examples_first"] = numpy.int64(first)
        part.attrs["examples_last"] = numpy.int64(first + count)
        columns = part.create_group("examples")
        for name, column in whole["examples"].items():
            made = columns.create_dataset(name, data=column[first:first + count])
            for label, value in column.attrs.items():
                made.attrs[label] = value


def equal(one, other):
    with h5py.File(one) as a, h5py.File(other) as b:
        names = sorted(set(a["examples"]) - TIMES)
        assert names == sorted(set(b["examples"]) - TIMES), (names, list(b["examples"]))
        for name in names:
            x, y = a["examples"][name][...], b["examples"][name][...]
            assert x.dtype == y.dtype and x.shape == y.shape and numpy.array_equal(x.view("u8"), y.view("u8")), name
        return f"equal bits in {len(names)} columns of {len(a['examples/index'])} examples"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", default=".build/release/evidence")
    names = ["launchers", "deaths", "hosts", "merging", "overhead"]
    parser.add_argument("trials", nargs="*", choices=[[], *names])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        trials = Trials(arguments.command, directory)
        for name in arguments.trials or names:
            getattr(trials, name)()
            sys.stdout.flush()


if __name__ == "__main__":
    main()
