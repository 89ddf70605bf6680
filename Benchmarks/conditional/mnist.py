"""A conditional VAE of MNIST, trained in PyTorch, and log p(x | label) of all labels' test images in one run.

    python Benchmarks/conditional/mnist.py mnist.h5 --command .build/release/evidence

mnist.h5 has train/images, train/labels, test/images and test/labels. Prints the mean over the test images by the command,
by a CVAE and by the same network without labels, and the time; then PyTorch's own estimate of the first images.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
import pathlib

import h5py
import numpy as np
import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Sources/python"))
from evidence.export import export_torch  # noqa: E402

LATENTS, HIDDEN = 20, 200


class CVAE(nn.Module):
    def __init__(self, labels):
        super().__init__()
        self.inner = nn.Linear(784 + labels, HIDDEN)
        self.mean, self.log_variance = nn.Linear(HIDDEN, LATENTS), nn.Linear(HIDDEN, LATENTS)
        self.outer, self.logits = nn.Linear(LATENTS + labels, HIDDEN), nn.Linear(HIDDEN, 784)

    def encode(self, x, *y):
        h = torch.tanh(self.inner(torch.cat([x, *y], 1)))
        return self.mean(h), self.log_variance(h)

    def decode(self, z, *y):
        return torch.sigmoid(self.logits(torch.tanh(self.outer(torch.cat([z, *y], 1)))))

    def log_weights(self, x, *y):
        mean, log_variance = self.encode(x, *y)
        e = torch.randn_like(mean)
        z = mean + torch.exp(log_variance / 2) * e
        logits = self.logits(torch.tanh(self.outer(torch.cat([z, *y], 1))))
        log_x = -functional.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        return log_x + (0.5 * e**2 - 0.5 * z**2 + 0.5 * log_variance).sum(1)


def train(model, x, y, epochs):
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(100):
            optimizer.zero_grad()
            loss = -model.log_weights(x[rows], *(c[rows] for c in y)).mean()
            loss.backward()
            optimizer.step()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--command", default="evidence")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--checked", type=int, default=200, help="images that PyTorch evaluates too")
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    with h5py.File(options.data) as file:
        images = {s: torch.from_numpy((file[f"{s}/images"][:].reshape(-1, 784) >= 127.5).astype(np.float32))
                  for s in ("train", "test")}
        labels = {s: functional.one_hot(torch.from_numpy(file[f"{s}/labels"][:].astype(np.int64)), 10).float()
                  for s in ("train", "test")}
    folder = pathlib.Path(tempfile.mkdtemp())
    for name, count in (("labels", 10), ("none", 0)):
        model = CVAE(count)
        y = [labels["train"]] if count else []
        train(model, images["train"], y, options.epochs)
        path = str(folder / f"{name}.h5")
        words = dict(encoder_outputs=("mean", "log_variance"), prior="standard-normal", quiet=True, divide_by=255,
                     binarize="threshold")
        with torch.no_grad():
            if count:
                verified = export_torch(path, model.encode, model.decode, example=(images["train"][:100], y[0][:100]),
                                        covariates="label", **words)
            else:
                verified = export_torch(path, model.encode, model.decode, 784, **words)
        start = time.perf_counter()
        run = subprocess.run(
            [options.command, "nll", path, options.data, "--dataset", "test/images", "--samples", str(options.samples),
             "--format", "json", "--all-errors"] + (["--covariate", "label=test/labels"] if count else []),
            capture_output=True, text=True)
        seconds = time.perf_counter() - start
        if run.returncode not in (0, 2) or not run.stdout:
            sys.exit(run.stderr)
        result = json.loads(run.stdout)["logLikelihood"]
        print(f"{'p(x | label)' if count else 'p(x)'}: mean {result['mean']:.3f}, data error "
              f"{result['dataStandardError']:.3f}, {seconds:.1f} s, file and module differ by "
              f"{verified.log_weight_error:.1e}", flush=True)
        if count:
            out = str(folder / "first.json")
            first = subprocess.run(
                [options.command, "nll", path, options.data, "--dataset", "test/images", "--samples",
                 str(options.samples), "--format", "json", "--all-errors", "--examples", f"0..{options.checked}", "--covariate",
                 "label=test/labels"], capture_output=True, text=True)
            ours = json.loads(first.stdout)["logLikelihood"] if first.stdout else {"mean": math.nan}
            x, c = images["test"][:options.checked], labels["test"][:options.checked]
            with torch.no_grad():
                draws = torch.stack([model.log_weights(x, c) for _ in range(options.samples)]).double()
            estimate = torch.logsumexp(draws, 0) - math.log(options.samples)
            spread = (draws - estimate).exp().std(0) / math.sqrt(options.samples)
            error = spread.square().sum().sqrt() / len(x)
            print(f"the first {options.checked}: {ours['mean']:.3f} by the command, {estimate.mean():.3f} by PyTorch, "
                  f"whose Monte Carlo error is {error:.3f}", flush=True)


if __name__ == "__main__":
    main()
