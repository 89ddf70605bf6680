"""A float64 reference for L_k, in numpy, that shares nothing with the Swift code.

    python reference.py MODEL.h5 DATA.h5 --dataset images --samples 5000 -o reference.csv

Reads the model format for the plain case: dense stacks, normal latents joined bottom-up, any
number of stochastic layers, a standard-normal or normal prior, and a Bernoulli likelihood. What
it does not know is an error. The encoder's first layer runs once for an image, everything is
float64, and each image has its own random stream, so a range of rows gives the same numbers as
the whole.
"""

import argparse
import csv
import math

import h5py
import numpy as np

LOG_2PI = math.log(2 * math.pi)

ACTIVATIONS = {
    "identity": lambda a: a,
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0),
    "sigmoid": lambda a: 0.5 * (1 + np.tanh(0.5 * a)),
    "softplus": lambda a: np.logaddexp(0, a),
    "exp": np.exp,
}


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def read_stack(group):
    """A group of dense layers as a list of (kernel [in, out], bias, activation)."""
    layers = []
    for name in sorted(group, key=int):
        layer = group[name]
        kind = text(layer.attrs["layer"])
        activation = ACTIVATIONS[text(layer.attrs.get("activation", "identity"))]
        if kind == "dense":
            if "weight" in layer:
                kernel = layer["weight"][()].astype(np.float64).T
            else:
                kernel = layer["kernel"][()].astype(np.float64)
            bias = layer["bias"][()].astype(np.float64) if "bias" in layer else 0.0
            layers.append((kernel, bias, activation))
        elif kind == "activation":
            layers.append((None, 0.0, activation))
        else:
            raise ValueError(f"{layer.name}: this reference knows no layer '{kind}'")
    return layers


def run_stack(layers, a):
    for kernel, bias, activation in layers:
        a = activation(a if kernel is None else a @ kernel + bias)
    return a


class Conditional:
    """p or q of one variable given the neighbouring one."""

    def __init__(self, group):
        if "given" in group.attrs:
            raise ValueError(f"{group.name}: this reference knows no 'given'")
        self.distribution = text(group.attrs["distribution"])
        self.trunk = read_stack(group["trunk"]) if "trunk" in group else []
        self.parameters = {
            name: read_stack(item) if isinstance(item, h5py.Group) else item[()].astype(np.float64)
            for name, item in group.items()
            if name != "trunk"
        }

    def __call__(self, given):
        hidden = run_stack(self.trunk, given)
        return {
            name: run_stack(p, hidden) if isinstance(p, list) else p
            for name, p in self.parameters.items()
        }


def log_scale(parameters):
    """The log standard deviation, whichever way it is written."""
    if "log_variance" in parameters:
        return 0.5 * parameters["log_variance"]
    if "log_scale" in parameters:
        return parameters["log_scale"]
    if "variance" in parameters:
        return 0.5 * np.log(parameters["variance"])
    return np.log(parameters["scale"])


def log_normal(x, mean, log_sd):
    return np.sum(-0.5 * LOG_2PI - log_sd - 0.5 * ((x - mean) * np.exp(-log_sd)) ** 2, axis=-1)


def log_bernoulli(x, parameters):
    if "logits" not in parameters:
        p = parameters["probabilities"]
        return np.sum(np.where(x == 1, np.log(p), np.log1p(-p)), axis=-1)
    logits = parameters["logits"]
    return np.sum(x * logits - np.logaddexp(0, logits), axis=-1)


class Model:
    def __init__(self, path):
        with h5py.File(path, "r") as file:
            if text(file.attrs["format"]) != "evidence-model" or file.attrs["version"] != 1:
                raise ValueError(f"{path} is not an evidence-model of version 1")
            self.divide_by = float(file["input"].attrs.get("divide_by", 1.0))
            self.binarize = text(file["input"].attrs.get("binarize", "none"))
            self.size = int(np.prod(file["input"].attrs["shape"]))
            self.layers = len(file["encoder"])
            self.encoder = [Conditional(file[f"encoder/{l}"]) for l in range(1, self.layers + 1)]
            self.decoder = [Conditional(file[f"decoder/{l}"]) for l in range(1, self.layers + 1)]
            for c in self.encoder + self.decoder[1:]:
                if c.distribution != "normal":
                    raise ValueError(f"this reference knows no {c.distribution} latents")
            if self.decoder[0].distribution != "bernoulli":
                raise ValueError(f"this reference knows no {self.decoder[0].distribution} data")
            self.prior = {"mean": np.float64(0), "log_scale": np.float64(0)}
            if "prior" in file:
                prior = file["prior"]
                kind = text(prior.attrs["distribution"])
                if kind == "normal":
                    self.prior = {name: item[()].astype(np.float64) for name, item in prior.items()}
                elif kind != "standard-normal":
                    raise ValueError(f"this reference knows no {kind} prior")

    def prepare(self, images):
        x = np.asarray(images, np.float64).reshape(len(images), self.size) / self.divide_by
        if self.binarize == "threshold":
            x = (x >= 0.5).astype(np.float64)
        elif self.binarize != "none":
            raise ValueError("stochastic binarization is not a reference: binarize the data first")
        return x

    def log_weights(self, x, samples, random):
        """log p(x, z) - log q(z | x) for `samples` draws, [samples]."""
        log_weight = np.zeros(samples)
        below, q = x, self.encoder[0](x)
        for l in range(self.layers):
            if l > 0:
                q = self.encoder[l](below)
            log_sd = np.broadcast_to(log_scale(q), q["mean"].shape)
            noise = random.standard_normal((samples, q["mean"].shape[-1]))
            z = q["mean"] + np.exp(log_sd) * noise
            log_weight -= log_normal(z, q["mean"], log_sd)
            p = self.decoder[l](z)
            if l == 0:
                log_weight += log_bernoulli(below, p)
            else:
                log_weight += log_normal(below, p["mean"], log_scale(p))
            below = z
        return log_weight + log_normal(below, self.prior["mean"], log_scale(self.prior))


def measure(log_weights):
    """L_k, the mean log-weight, the Monte Carlo standard error of L_k, and the ESS."""
    k = len(log_weights)
    top = log_weights.max()
    w = np.exp(log_weights - top)
    ess = w.sum() ** 2 / np.sum(w**2)
    variance = max((1 / ess - 1 / k) * k / (k - 1), 0.0) if k > 1 else math.nan
    return top + math.log(w.sum()) - math.log(k), log_weights.mean(), math.sqrt(variance), ess


def evaluate(model, images, samples, seed=0):
    """One row (log_likelihood, elbo, monte_carlo_standard_error, effective_sample_size) an image."""
    rows = []
    for row, x in enumerate(model.prepare(images)):
        rows.append(measure(model.log_weights(x, samples, np.random.default_rng([seed, row]))))
    return np.array(rows)


def write_csv(path, rows):
    with open(path, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(
            ["row", "log_likelihood", "elbo", "monte_carlo_standard_error", "effective_sample_size"])
        for i, (log_likelihood, elbo, error, ess) in enumerate(rows):
            out.writerow(
                [i, f"{log_likelihood:.6f}", f"{elbo:.6f}", f"{error:.6f}", f"{ess:.3f}"])


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("model")
    options.add_argument("data")
    options.add_argument("--dataset", default="images")
    options.add_argument("--samples", type=int, default=5000)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("-o", "--output")
    arguments = options.parse_args()
    with h5py.File(arguments.data, "r") as file:
        images = file[arguments.dataset][()]
    rows = evaluate(Model(arguments.model), images, arguments.samples, arguments.seed)
    if arguments.output:
        write_csv(arguments.output, rows)
    print(f"L_{arguments.samples} {rows[:, 0].mean():.3f}, "
          f"data standard error {rows[:, 0].std(ddof=1) / math.sqrt(len(rows)):.3f}, "
          f"Monte Carlo standard error {math.sqrt(np.sum(rows[:, 2] ** 2)) / len(rows):.4f}; "
          f"ELBO {rows[:, 1].mean():.3f}; ESS median {np.median(rows[:, 3]):.0f}, "
          f"least {rows[:, 3].min():.1f}; {len(rows)} images")


if __name__ == "__main__":
    main()
