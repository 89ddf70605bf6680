"""What a call from Python costs beside the command on a file: 10,000 × 784 uint8, one draw.

    python Benchmarks/python/overhead.py [--runs 7]

Needs the package `evidence` and its command. Prints the least and the median wall-clock seconds of both, taken in turns.
"""

import argparse
import statistics
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import h5py
import numpy as np

import evidence
from evidence import _binary


def write_model(path: Path, pixels: int = 784, latents: int = 2) -> None:
    """One dense layer each way, so that evaluating takes next to nothing."""
    random = np.random.default_rng(0)

    def dense(group, inputs, outputs):
        layer = group.create_group("0")
        layer.attrs["layer"] = "dense"
        layer["kernel"] = random.normal(0, 0.01, (inputs, outputs)).astype(np.float32)
        layer["bias"] = np.zeros(outputs, np.float32)

    with h5py.File(path, "w") as file:
        file.attrs.update({"format": "evidence-model", "version": 1})
        file.create_group("input").attrs["shape"] = [pixels]
        encoder, decoder = file.create_group("encoder/1"), file.create_group("decoder/1")
        encoder.attrs["distribution"], decoder.attrs["distribution"] = "normal", "bernoulli"
        for name in ("mean", "log_variance"):
            dense(encoder.create_group(name), pixels, latents)
        dense(decoder.create_group("logits"), latents, pixels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    images = (np.random.default_rng(1).random((10_000, 784)) < 0.3).astype(np.uint8)
    # Both keep their results in memory: a disk would say how busy it is.
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        model, data, results = (Path(folder) / name for name in ("model.h5", "data.h5", "results.h5"))
        write_model(model)
        with h5py.File(data, "w") as file:
            file["images"] = images
        words = [_binary.find(), "nll", model, data, "--samples", "1", "--output", results, "--format", "json", "--quiet"]

        def command():
            results.unlink(missing_ok=True)
            subprocess.run(words, check=True, capture_output=True)

        def call():
            evidence.nll(model, images, samples=1, progress=False).log_likelihood.mean()

        times = {command: [], call: []}
        for _ in range(options.runs):
            for run, taken in times.items():
                started = time.perf_counter()
                run()
                taken.append(time.perf_counter() - started)
    for name, taken in (("command on a file", times[command]), ("call on an array", times[call])):
        print(f"{name:18}  least {min(taken):.3f} s  median {statistics.median(taken):.3f} s")
    print(f"overhead            least {min(times[call]) - min(times[command]):.3f} s  "
          f"median {statistics.median(times[call]) - statistics.median(times[command]):.3f} s")


if __name__ == "__main__":
    main()
