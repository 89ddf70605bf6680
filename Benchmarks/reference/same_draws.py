"""Float32 against float64 on the very same draws, image by image.

    evidence nll MODEL.h5 DATA.h5 --samples 5000 --seed 0 --output results.h5
    python same_draws.py MODEL.h5 DATA.h5 results.h5 --dataset images

The normals are made again from (seed, example, draw, layer, dimension) by Philox4x32-10, written here in numpy from its
published description; the networks are those of docs/sample/reference.py, in float64. What is left between the two
columns is the rounding of single precision.
"""

import argparse
import pathlib
import sys

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "docs" / "sample"))
import reference  # noqa: E402


def philox(counter, key):
    """Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011): arrays of uint64 that hold 32-bit words."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    mask = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        p0 = np.uint64(0xD2511F53) * c0
        p1 = np.uint64(0xCD9E8D57) * c2
        c0, c1, c2, c3 = (
            (p1 >> np.uint64(32)) ^ c1 ^ k0, p1 & mask, (p0 >> np.uint64(32)) ^ c3 ^ k1, p0 & mask)
        k0 = (k0 + np.uint64(0x9E3779B9)) & mask
        k1 = (k1 + np.uint64(0xBB67AE85)) & mask
    return c0, c1, c2, c3


class Draws:
    """Stands in for a numpy generator: each call is the next stochastic layer."""

    def __init__(self, seed, example):
        self.seed, self.example, self.layer = seed, example, 0

    def standard_normal(self, shape):
        samples, units = shape
        self.layer += 1
        draw = np.arange(samples, dtype=np.uint64)[:, None]
        block = np.arange((units + 3) // 4, dtype=np.uint64)[None, :]
        counter = (
            draw + 0 * block, (np.uint64(self.layer << 24) | block) + 0 * draw,
            np.full((samples, block.size), self.example & 0xFFFFFFFF, np.uint64),
            np.full((samples, block.size), self.example >> 32, np.uint64))
        key = (np.uint64(self.seed & 0xFFFFFFFF), np.uint64(self.seed >> 32))
        u = [(word.astype(np.float64) + 0.5) * 2.0**-32 for word in philox(counter, key)]
        normals = np.empty((samples, block.size, 4))
        for pair in (0, 2):
            radius = np.sqrt(-2 * np.log(u[pair]))
            normals[:, :, pair] = radius * np.cos(2 * np.pi * u[pair + 1])
            normals[:, :, pair + 1] = radius * np.sin(2 * np.pi * u[pair + 1])
        return normals.reshape(samples, -1)[:, :units].astype(np.float32).astype(np.float64)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("model")
    options.add_argument("data")
    options.add_argument("results")
    options.add_argument("--dataset", default="images")
    options = options.parse_args()
    model = reference.Model(options.model)
    with h5py.File(options.results, "r") as file:
        samples, seed = int(file.attrs["samples"]), int(file.attrs["seed"])
        index = file["examples/index"][()]
        found = file["examples/log_likelihood"][()]
    with h5py.File(options.data, "r") as file:
        images = file[options.dataset][()]
    if set(np.unique(images)) == {0, 1}:
        # Binarized before they were stored: `evidence nll` takes them as they are, too.
        images = images.reshape(len(images), -1).astype(np.float64)
    else:
        images = model.prepare(images)
    expected = np.array([
        reference.measure(model.log_weights(images[i], samples, Draws(seed, int(i))))[0] for i in index])
    difference = found - expected
    print(f"{len(index)} images, k = {samples}, seed {seed}")
    print(f"mean float32 {found.mean():.6f}, float64 {expected.mean():.6f}")
    print(f"largest difference {np.abs(difference).max():.2e} nats, of the means {abs(difference.mean()):.2e}")


if __name__ == "__main__":
    main()
