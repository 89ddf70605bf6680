#!/usr/bin/env python3
"""Feeds damaged files of every kind to the readers, and counts what happens.

    swift build -c release --package-path Benchmarks --product Fuzzing
    /tmp/peers/bin/python Benchmarks/reliability/fuzz.py --inputs 100000

Needs h5py, numpy and gdb. `Fuzzing` makes the files from those of a corpus, each from its number alone, and reads them in one
process for speed; this script limits that process's memory and time, and starts it again behind a file that ended it.

  - A crash is looked at with gdb: with libhdf5 among the innermost frames it is libhdf5's, and `--isolate` turns it into an
    error; without it, it is ours, and a fault.
  - A file that takes more than five seconds is a hang, and a fault.
  - Of the files that are read, the first ones (--kept) are read by h5py too: every number that we took must be there.

One of them again: FUZZING_PRINT=1 …/Fuzzing KIND NUMBER NUMBER+1 CORPUS SCRATCH.
"""

import argparse
import collections
import json
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
import zlib

import h5py
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTS = ROOT / "Tests"
RESOURCES = ROOT / "Sources" / "EvidenceCommand" / "Resources"
KERAS = TESTS / "CheckpointsTests" / "Keras" / "Fixtures"
EXPORTED = TESTS / "CheckpointsTests" / "Exported" / "Models"


def dense_weights(path, layers):
    """Weights as Keras 2 saves them, all of one model."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([name.encode() for name, *_ in layers])
        file.attrs["backend"], file.attrs["keras_version"] = "tensorflow", "2.1.6"
        random = np.random.default_rng(0)
        for name, inputs, outputs in layers:
            group = file.create_group(name)
            group.attrs["weight_names"] = np.array([f"{name}/kernel:0".encode(), f"{name}/bias:0".encode()])
            group[f"{name}/kernel:0"] = random.normal(size=(inputs, outputs)).astype("float32")
            group[f"{name}/bias:0"] = random.normal(size=outputs).astype("float32")


def make_corpus(folder, evidence):
    """Sound files of every kind, all of the repository or made here."""
    for kind in ["model", "data", "results", "keras", "archive", "json", "json.weights"]:
        (folder / kind).mkdir()
    for path in [RESOURCES / "digits-iwae-2l.h5", EXPORTED / "torch.h5", EXPORTED / "flax.h5"]:
        shutil.copy(path, folder / "model")
    shutil.copy(RESOURCES / "digits-test.h5", folder / "data")
    with h5py.File(folder / "data" / "chunked.h5", "w") as file:
        file.create_dataset("a/images", data=np.arange(1200, dtype="uint8").reshape(100, 3, 4) % 7, compression="gzip",
                            chunks=(10, 3, 4), shuffle=True, fletcher32=True)
        file["labels"] = np.arange(100)
    with h5py.File(folder / "data" / "latest.h5", "w", libver="latest") as file:
        file.create_dataset("images", data=np.linspace(0, 1, 800).reshape(50, 16), chunks=(7, 16), maxshape=(None, 16))
    for name, samples in (("curve", 50), ("single", 1)):
        subprocess.run(
            [evidence, "nll", RESOURCES / "digits-iwae-2l.h5", RESOURCES / "digits-test.h5", "--samples", str(samples),
             "--examples", "..40", "--output", folder / "results" / f"{name}.h5", "--quiet"], check=True,
            stdout=subprocess.DEVNULL)
    shutil.copy(KERAS / "keras2-operations.h5", folder / "keras")
    dense_weights(folder / "keras" / "weights.h5", [
        ("dense_1", 12, 8), ("z_mean", 8, 2), ("z_log_var", 8, 2), ("dense_2", 2, 8), ("dense_3", 8, 12)])
    shutil.copy(KERAS / "keras3-nested.keras", folder / "archive")
    description = {
        "input_shape": [12], "divide_by": 255, "activation": "relu", "encoder": ["dense_1"], "mean": "z_mean",
        "log_variance": "z_log_var", "decoder": ["dense_2", {"layer": "dense_3", "activation": "sigmoid"}]}
    (folder / "json" / "description.json").write_text(json.dumps(description, indent=1))
    shutil.copy(folder / "keras" / "weights.h5", folder / "json.weights" / "description.json.h5")
    with h5py.File(KERAS / "keras2-operations.h5") as whole:
        (folder / "json" / "config.json").write_text(whole.attrs["model_config"])
        with h5py.File(folder / "json.weights" / "config.json.h5", "w") as weights:
            for name in whole["model_weights"]:
                whole.copy(f"model_weights/{name}", weights)
            for name, value in whole["model_weights"].attrs.items():
                weights.attrs[name] = value


def limited(memory):
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 20, 64 << 20))
    return limit


class Run:
    """All files of one kind."""

    def __init__(self, options, kind, corpus):
        self.options, self.kind, self.corpus = options, kind, corpus
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix=f"fuzz-{kind}-", dir=options.scratch))
        (self.scratch / "kept").mkdir()
        self.crashes, self.hangs = collections.defaultdict(list), []

    def status(self):
        return struct.unpack("<3q", (self.scratch / "status").read_bytes())

    def command(self, first, last, kept=0):
        return [self.options.worker, self.kind, str(first), str(last), self.corpus, self.scratch, str(kept)]

    def run(self):
        (self.scratch / "status").write_bytes(struct.pack("<3q", 0, 0, 0))
        start, first = time.monotonic(), self.options.first
        end = first + self.options.inputs
        while first < end:
            # A process of its own for every 20,000, so that what libhdf5 never gives back does not add up.
            last = min(first + 20000, end)
            kept = max(0, self.options.kept - len(list((self.scratch / "kept").iterdir())) // 2)
            process = subprocess.Popen(
                self.command(first, last, kept), preexec_fn=limited(self.options.memory << 20),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            is_hanging = self.watch(process)
            number = self.status()[0]
            if is_hanging:
                self.hangs.append(number)
            elif process.returncode < 0:
                self.crashes[self.culprit(number, -process.returncode)].append(number)
            elif process.returncode > 0:
                sys.exit(f"{self.kind}: the worker ended with {process.returncode} at {number}")
            first = number + 1 if process.returncode != 0 else last
        self.seconds = time.monotonic() - start

    def watch(self, process):
        """Waits for the end; whether a file took too long."""
        seen, since = -1, time.monotonic()
        while True:
            try:
                process.wait(timeout=0.25)
                return False
            except subprocess.TimeoutExpired:
                number = self.status()[0]
                if number != seen:
                    seen, since = number, time.monotonic()
                elif time.monotonic() - since > 5:
                    process.kill()
                    process.wait()
                    return True

    def culprit(self, number, how):
        """Whose crash it is, by the innermost frames."""
        trace = subprocess.run(
            ["gdb", "-batch", "-nx", "-ex", "set debuginfod enabled off", "-ex", "run", "-ex", "bt 12", "--args",
             *map(str, self.command(number, number + 1))], capture_output=True, text=True,
            preexec_fn=limited(self.options.memory << 20)).stdout
        # Running it moved the status back.
        frames = re.findall(r"^#\d+ .*?(?:in )?([\w$:~]+) \(", trace, re.MULTILINE)
        inside = next((frame for frame in frames if frame.startswith("H5")), None)
        name = signal.Signals(how).name
        if inside:
            return f"libhdf5: {name} in {inside}"
        return f"OURS: {name} in {' < '.join(frames[:4]) or 'what a second run does not repeat'}"

    # MARK: what was read, against h5py

    def compare(self):
        """How many of the files that were read were read by h5py too, and the numbers of those that differ."""
        compared, wrong = 0, []
        for kept in sorted((self.scratch / "kept").glob("*.read")):
            original = kept.with_suffix("")
            # h5py may crash where we did not.
            result = subprocess.run(
                [sys.executable, __file__, "--compare", self.kind, original, kept, self.corpus], capture_output=True,
                text=True)
            if result.returncode == 1:
                wrong.append((kept.name, result.stderr.strip().splitlines()[-1:]))
            compared += result.returncode in (0, 1)
        return compared, wrong


def arrays(path):
    """Checksums of every array of numbers in a file, as float32, whatever order its axes are in."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "fiub" and item.shape is not None:
            values = np.asarray(item[()], np.float32).ravel()
            found[zlib.crc32(values.tobytes())] = name

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


def compare_one(kind, original, kept, corpus):
    """Ends with status 1 where a number that we took is not in the file, as h5py reads it."""
    if kind in ("data", "results"):
        ours = np.fromfile(kept, np.float32 if kind == "data" else np.float64)
        with h5py.File(original) as file:
            if kind == "results":
                theirs = file["examples/log_likelihood"][:4096].astype(np.float64)
            else:
                sets = []
                file.visititems(lambda _, item: sets.append(item) if isinstance(item, h5py.Dataset) and item.ndim > 1 else None)
                theirs = sets[0][:4096].astype(np.float32).ravel()
        if not np.array_equal(ours.view(np.uint8), np.ascontiguousarray(theirs[:len(ours)]).view(np.uint8)):
            sys.exit("the numbers differ")
        return
    stored = {}
    if kind in ("model", "keras"):
        stored = arrays(original)
    elif kind == "json":
        # Without the number before the name.
        stored = arrays(pathlib.Path(corpus) / "json.weights" / (original.name.split("-", 1)[1] + ".h5"))
    else:
        import io
        import zipfile

        with zipfile.ZipFile(pathlib.Path(corpus) / "archive" / original.name.split("-", 1)[1]) as archive:
            with tempfile.NamedTemporaryFile() as file:
                file.write(archive.read("model.weights.h5"))
                file.flush()
                stored = arrays(file.name)
    missing = [name for checksum, name in arrays(kept).items() if checksum not in stored]
    if missing:
        sys.exit(f"not in the file: {missing}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", default=ROOT / "Benchmarks" / ".build" / "release" / "Fuzzing")
    parser.add_argument("--evidence", default=ROOT / ".build" / "release" / "evidence")
    parser.add_argument("--inputs", type=int, default=10_000, help="files of each kind (10,000)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first (0)")
    parser.add_argument("--kinds", nargs="*", default=["model", "data", "results", "keras", "archive", "json"])
    parser.add_argument("--memory", type=int, default=2048, help="MiB of address space (2048)")
    parser.add_argument("--kept", type=int, default=1000, help="files of each kind compared with h5py (1000)")
    parser.add_argument("--scratch", default="/dev/shm" if os.path.isdir("/dev/shm") else None)
    parser.add_argument("--compare", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.compare:
        kind, original, kept, corpus = options.compare
        return compare_one(kind, pathlib.Path(original), pathlib.Path(kept), corpus)

    corpus = pathlib.Path(tempfile.mkdtemp(prefix="fuzz-corpus-"))
    make_corpus(corpus, options.evidence)
    print(f"{'kind':8} {'files':>7} {'refused':>8} {'read':>7} {'compared':>8} {'wrong':>5} {'libhdf5':>7} {'ours':>5} "
          f"{'hangs':>5} {'files/s':>8}")
    details, failed = [], False
    for kind in options.kinds:
        run = Run(options, kind, corpus)
        run.run()
        _, refused, read = run.status()
        compared, wrong = run.compare()
        ours = sum(len(n) for who, n in run.crashes.items() if who.startswith("OURS"))
        theirs = sum(map(len, run.crashes.values())) - ours
        print(f"{kind:8} {options.inputs:7} {refused:8} {read:7} {compared:8} {len(wrong):5} {theirs:7} {ours:5} "
              f"{len(run.hangs):5} {options.inputs / run.seconds:8.0f}", flush=True)
        details += [f"{kind}: {len(n)} × {who}, such as {n[:3]}" for who, n in sorted(run.crashes.items())]
        details += [f"{kind}: hang at {number}" for number in run.hangs] + [f"{kind}: {w}" for w in wrong[:5]]
        failed |= bool(ours or run.hangs or wrong)
        shutil.rmtree(run.scratch)
    print("\n" + "\n".join(details) + f"\ncorpus: {corpus}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
