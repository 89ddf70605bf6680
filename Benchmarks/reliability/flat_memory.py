#!/usr/bin/env python3
"""Peak memory of `evidence nll --output` over a million examples, beside that over the first ten thousand.

    swift build -c release
    python3 Benchmarks/reliability/flat_memory.py --command .build/release/evidence

Three runs of a tiny model on a synthetic dataset [1000000, 4] of bytes (gzip): the first 10,000 examples; all of them,
stopped by SIGINT on the way; and the run that goes on with it, which takes nearly every row from the file. Each peak (the
resident set, as the system counts it) must be within 5 MB of the first, that of going on within 10 MB. Needs h5py and numpy.
"""

import argparse
import glob
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import h5py
import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]


def write_model(path):
    """x [4], two latents, Bernoulli logits: the smallest model that the format has."""
    with h5py.File(path, "w") as file:
        file.attrs["format"] = "evidence-model"
        file.attrs["version"] = 1
        file.create_group("input").attrs["shape"] = [4]
        encoder = file.create_group("encoder/1")
        encoder.attrs["distribution"] = "normal"
        decoder = file.create_group("decoder/1")
        decoder.attrs["distribution"] = "bernoulli"
        for group, name, shape in ((encoder, "mean/0", (2, 4)), (decoder, "logits/0", (4, 2))):
            layer = group.create_group(name)
            layer.attrs["layer"] = "dense"
            layer["weight"] = numpy.full(shape, 0.5, numpy.float32)
            layer["bias"] = numpy.full(shape[0], 0.1, numpy.float32)
        encoder["log_variance"] = numpy.full(2, -1, numpy.float32)


def write_data(path, count):
    rows = numpy.random.default_rng(0).integers(0, 2, (count, 4), numpy.uint8)
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=rows, chunks=(4096, 4), compression="gzip")


def run(command, stop_at=None):
    """Megabytes at most, status, seconds (behind the signal); `stop_at` is a number of seconds until SIGINT, or None."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if stop_at is not None:
        time.sleep(stop_at)
        # Not send_signal: it would collect the exit status of a run that has ended, and with it what it used.
        os.kill(process.pid, signal.SIGINT)
        start = time.monotonic()
    errors = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 130):
        sys.exit(f"status {process.returncode}: {errors}")
    return usage.ru_maxrss / 1024, process.returncode, time.monotonic() - start


def rows(path):
    with h5py.File(path, "r") as file:
        return file["examples/index"].shape[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--command", default=str(ROOT / ".build" / "release" / "evidence"))
    parser.add_argument("--examples", type=int, default=1_000_000)
    parser.add_argument("--samples", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flat-memory-") as directory:
        model, data = os.path.join(directory, "model.h5"), os.path.join(directory, "data.h5")
        output = os.path.join(directory, "results.h5")
        write_model(model)
        write_data(data, options.examples)
        command = [options.command, "nll", model, data, "--samples", str(options.samples), "--output"]
        first, _, seconds = run(command + [os.path.join(directory, "first.h5"), "--examples", "..10000"])
        print(f"first 10000: {first:.1f} MB, {seconds:.1f} s", flush=True)
        whole, _, seconds = run(command + [os.path.join(directory, "whole.h5")])
        print(f"all {options.examples}: {whole:.1f} MB, {seconds:.1f} s", flush=True)
        stopped, status, wait = run(command + [output], stop_at=0.6 * seconds)
        left = sorted(os.path.basename(path) for path in glob.glob(output + "*"))
        print(f"stopped (status {status}) {wait:.2f} s behind the signal, {rows(output)} rows in the file: {stopped:.1f} MB; "
              f"{', '.join(left)}", flush=True)
        resumed, status, _ = run(command + [output, "--resume"])
        print(f"gone on with to {rows(output)} (status {status}): {resumed:.1f} MB", flush=True)
        # Going on reads the results file besides writing it, and libhdf5 has its caches for both.
        for name, peak, more in (("all", whole, 5), ("stopped", stopped, 5), ("gone on with", resumed, 10)):
            if peak > first + more:
                sys.exit(f"{name}: {peak:.1f} MB is more than {more} MB above {first:.1f} MB")


if __name__ == "__main__":
    main()
