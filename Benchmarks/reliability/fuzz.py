#!/usr/bin/env python3
"""Feeds damaged files of every kind to the readers, and counts what happens.

    swift build -c release --package-path Benchmarks --product Fuzzing
    /tmp/peers/bin/python Benchmarks/reliability/fuzz.py --inputs 100000

Needs h5py and numpy. `Fuzzing` makes the files from those of a corpus, each from its number alone, and reads them in one
process for speed; this script limits that process's memory and time, and starts it again behind a file that ended it.

  - A crash, and a file that takes more than five seconds, is libhdf5's where libhdf5 is among the innermost frames, and
    `--isolate` turns it into an error, which is tried on each; otherwise it is ours, and a fault. "Heap" is malloc's own complaint: libhdf5 has
    written where it should not on one of the files before.
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

import h5py
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTS = ROOT / "Tests"
RESOURCES = ROOT / "Sources" / "EvidenceCommand" / "Resources"
KERAS = TESTS / "CheckpointsTests" / "Keras" / "Fixtures"
EXPORTED = TESTS / "CheckpointsTests" / "Exported" / "Models"
# The status of a comparison that found other numbers; h5py's own failures are none.
WRONG = 3


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


def culprit(trace, how):
    """Whose end it is, by the innermost frames: libhdf5's, the heap's (libhdf5 broke it on a file before), or ours."""
    # Behind the handler's own frame, and that of the signal.
    frames = re.findall(r"^(\S+?)\(([^)+]*)", trace, re.MULTILINE)
    how = "more than five seconds" if how == "SIGALRM" else how
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
            result = subprocess.run(
                self.command(first, last, kept), preexec_fn=limited(self.options.memory << 20),
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
            number = self.status()[0]
            if result.returncode > 0:
                sys.exit(f"{self.kind}: the worker ended with {result.returncode} at {number}: {result.stderr}")
            if result.returncode < 0:
                self.ends[culprit(result.stderr, signal.Signals(-result.returncode).name)].append(number)
                if number < last:
                    self.isolated[self.isolate(self.scratch / self.names[number % len(self.names)])] += 1
            # A crash on the way out, behind the last file, is no other file's.
            first = min(number + 1, last) if result.returncode < 0 else last
        self.seconds = time.monotonic() - start

    def isolate(self, path):
        """The status of the command on a file, read in a process of its own."""
        words = ["inspect", path, "--isolate"]
        if self.kind in ("keras", "archive", "json"):
            words = ["import", "keras", path, "-o", self.scratch / "imported", "--force"]
        return subprocess.run([self.options.evidence, *words], capture_output=True).returncode

    # MARK: what was read, against h5py

    def compare(self):
        """How many of the files that were read were read by h5py too, how many it can't read, and those that differ."""
        compared, unread, wrong = 0, 0, []
        for kept in sorted((self.scratch / "kept").glob("*.read")):
            original = kept.with_suffix("")
            # h5py may crash where we did not.
            result = subprocess.run(
                [sys.executable, __file__, "--compare", self.kind, original, kept, self.corpus], capture_output=True,
                text=True)
            if result.returncode == WRONG:
                wrong.append((kept.name, result.stderr.strip().splitlines()[-1:]))
            compared += result.returncode in (0, WRONG)
            unread += result.returncode not in (0, WRONG)
        return compared, unread, wrong


def arrays(path):
    """Every array of numbers in a file, as float32, by its name."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "fiub" and item.shape is not None:
            found[name] = np.asarray(item[()], np.float32).ravel()

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


def wrong(message):
    print(message, file=sys.stderr)
    sys.exit(WRONG)


def compare_one(kind, original, kept, corpus):
    """Ends with status WRONG where a number that we took is not in the file, as h5py reads it."""
    if kind in ("data", "results"):
        ours = np.fromfile(kept, np.float32 if kind == "data" else np.float64)
        with h5py.File(original) as file:
            if kind == "results":
                theirs = file["examples/log_likelihood"][:4096].astype(np.float64)
            else:
                sets = []
                file.visititems(lambda _, item: sets.append(item) if isinstance(item, h5py.Dataset) and item.ndim > 1 else None)
                theirs = sets[0][:4096].astype(np.float32).ravel()
        if not np.array_equal(ours.view(np.uint8), np.ascontiguousarray(theirs).view(np.uint8)):
            wrong("the numbers differ")
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
    if kind == "model":
        missing = [name for name, values in arrays(kept).items()
                   if name not in stored or not np.array_equal(values.view(np.uint32), stored[name].view(np.uint32))]
    else:
        # Heads may be parts of what is stored, so each number is looked for by itself.
        numbers = np.concatenate(list(stored.values())).view(np.uint32)
        missing = [name for name, values in arrays(kept).items() if not np.isin(values.view(np.uint32), numbers).all()]
    if missing:
        wrong(f"not in the file: {missing}")


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
    print(f"{'kind':8} {'files':>7} {'refused':>8} {'read':>7} {'compared':>8} {'not h5py':>8} {'wrong':>5} "
          f"{'libhdf5':>7} {'heap':>6} {'ours':>5} {'files/s':>8}")
    details, failed = [], False
    for kind in options.kinds:
        run = Run(options, kind, corpus)
        run.run()
        _, refused, read = run.status()
        compared, unread, wrong = run.compare()
        count = lambda whose: sum(len(numbers) for who, numbers in run.ends.items() if who.startswith(whose))
        print(f"{kind:8} {options.inputs:7} {refused:8} {read:7} {compared:8} {unread:8} {len(wrong):5} {count('libhdf5'):7} "
              f"{count('heap'):6} {count('OURS'):5} {options.inputs / run.seconds:8.0f}", flush=True)
        details += [f"{kind}: {len(n)} × {who}, such as {n[:3]}" for who, n in sorted(run.ends.items())]
        if run.isolated:
            details += [f"{kind}: the command, isolated, ends on these with " + ", ".join(
                f"{status} ({count} ×)" for status, count in sorted(run.isolated.items()))]
        details += [f"{kind}: {w}" for w in wrong[:5]]
        failed |= bool(count("OURS") or wrong or set(run.isolated) - {0, 65})
        shutil.rmtree(run.scratch)
    print("\n" + "\n".join(details) + f"\ncorpus: {corpus}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
