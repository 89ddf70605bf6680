"""Active units, independently: NumPy in float64 against the JSON of `evidence units`.

    evidence units MODEL DATA --dataset PATH --examples 0..1000 --binarize threshold --format json > units.json
    python3 units.py units.json

Reads the model and the data that the JSON names. Posteriors of z1 are exact, so variances, eigenvalues, trace and mean
KL must agree to rounding (the networks compute in float32). Those of z2 are means over draws of z1; here they are taken
over many more of them, and compared within the standard errors.

Dense networks with normal posteriors only; data binarized by threshold or not at all.
"""

import json
import sys

import h5py
import numpy as np

ACTIVATIONS = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0), "identity": lambda x: x}


def stack(group, x):
    for name in sorted(group, key=int):
        layer = group[name]
        x = x @ layer["weight"][()].astype(float).T + layer["bias"][()].astype(float)
        x = ACTIVATIONS[layer.attrs.get("activation", "identity")](x)
    return x


def normal(group, x):
    hidden = stack(group["trunk"], x) if "trunk" in group else x
    return stack(group["mean"], hidden), np.exp(stack(group["log_variance"], hidden) / 2)


def read(report):
    data = report["data"]
    with h5py.File(data["path"]) as file:
        x = file[data["dataset"]][slice(*data["range"])].astype(float)
    x = x.reshape(len(x), -1)
    x = (x / data["divideBy"]).astype(np.float32).astype(float)
    assert data["binarize"] in ("none", "threshold"), "random binarization has no counterpart here"
    return (x >= 0.5).astype(float) if data["binarize"] == "threshold" else x


def relative(found, expected):
    found, expected = np.asarray(found), np.asarray(expected)
    return np.max(np.abs(found - expected) / np.abs(expected))


def directions(means):
    return np.sort(np.linalg.eigvalsh(np.cov(means.T, bias=True).reshape(means.shape[1], -1)))[::-1]


def compare(report, draws=64, seed=0):
    x = read(report)
    with h5py.File(report["model"]["path"]) as model:
        mean, scale = normal(model["encoder/1"], x)
        layer = report["layers"][0]
        variance = mean.var(0)
        eigenvalues = directions(mean)
        print(f"z1, {len(x)} examples: active {np.sum(variance > layer['threshold'])} (evidence: {layer['active']})")
        # Eigenvalues that are rounding alone have no relative error.
        real = eigenvalues > 1e-6 * eigenvalues[0]
        worst = {
            "A_u": relative(layer["variance"], variance),
            f"eigenvalues ({real.sum()} of {real.size})": relative(
                np.array(layer["pca"]["eigenvalues"])[real], eigenvalues[real]),
            "trace": relative(layer["pca"]["trace"], variance.sum()),
        }
        if len(report["layers"]) == 1:
            divergence = (0.5 * (mean**2 + scale**2 - 1) - np.log(scale)).mean(0)
            worst["KL"] = relative(layer["kl"], divergence)
        for name, value in worst.items():
            print(f"  {name}: largest relative difference {value:.1e}")
        if len(report["layers"]) == 1:
            return worst
        random = np.random.default_rng(seed)
        total = np.zeros((len(x), report["layers"][1]["units"]))
        square = np.zeros_like(total)
        for _ in range(draws):
            value, _ = normal(model["encoder/2"], mean + scale * random.standard_normal(mean.shape))
            total += value
            square += value**2
        within = (square / draws - (total / draws) ** 2) * draws / (draws - 1)
        # The mean over draws still carries 1/draws of the variance within an example.
        expected = (total / draws).var(0) - within.mean(0) / draws
        layer = report["layers"][1]
        errors = (np.array(layer["variance"]) - expected) / np.array(layer["varianceStandardError"])
        print(f"z2, {draws} draws: active {np.sum(expected > layer['threshold'])} (evidence: {layer['active']}); "
              f"largest A_u {expected.max():.4f} (evidence: {max(layer['variance']):.4f})")
        print(f"  A_u: root mean square of the differences in standard errors {np.sqrt(np.mean(errors**2)):.2f}")
        return worst


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        worst = compare(json.load(file))
    if max(worst.values()) > 1e-5:
        sys.exit("differences above 1e-5")
