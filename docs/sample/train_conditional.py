"""Trains the sample of a conditional model: a small VAE of the UCI digits, given their labels.

    pip install torch scikit-learn h5py
    python docs/sample/train_conditional.py      # writes docs/sample/digits-cvae.h5, and its reference for the tests

Data, split and pixels are those of train_digits.py: the test images are Sources/EvidenceCommand/Resources/digits-test.h5.
The reference is PyTorch's own L_k of the first images, with the standard error of its draws.
"""

import json
import math
import pathlib
import sys

import h5py
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "Sources/python"))
from evidence.export import export_torch  # noqa: E402

TEST = ROOT / "Sources/EvidenceCommand/Resources/digits-test.h5"
REFERENCE = ROOT / "Tests/EvidenceCommandTests/Fixtures/digits-cvae-reference.json"
HIDDEN, LATENTS, EPOCHS, IMAGES, SAMPLES = 48, 8, 60, 100, 5000


class CVAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(64 + 10, HIDDEN)
        self.mean, self.log_variance = nn.Linear(HIDDEN, LATENTS), nn.Linear(HIDDEN, LATENTS)
        self.outer, self.logits = nn.Linear(LATENTS + 10, HIDDEN), nn.Linear(HIDDEN, 64)

    def encode(self, x, y):
        h = torch.tanh(self.inner(torch.cat([x, y], 1)))
        return self.mean(h), self.log_variance(h)

    def decode(self, z, y):
        return torch.sigmoid(self.logits(torch.tanh(self.outer(torch.cat([z, y], 1)))))

    def log_weights(self, x, y):
        mean, log_variance = self.encode(x, y)
        e = torch.randn_like(mean)
        z = mean + torch.exp(log_variance / 2) * e
        logits = self.logits(torch.tanh(self.outer(torch.cat([z, y], 1))))
        log_x = -functional.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        return log_x + (0.5 * e**2 - 0.5 * z**2 + 0.5 * log_variance).sum(1)


def tensors(images, labels):
    x = torch.from_numpy((images.reshape(-1, 64) >= 8).astype(np.float32))
    return x, functional.one_hot(torch.from_numpy(labels.astype(np.int64)), 10).float()


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    digits = load_digits()
    with h5py.File(TEST) as file:
        images, labels, index = file["images"][:], file["labels"][:], file["index"][:]
    rest = np.setdiff1d(np.arange(len(digits.target)), index)
    x, y = tensors(digits.images[rest], digits.target[rest])
    model = CVAE()
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(x)).split(32):
            optimizer.zero_grad()
            (-model.log_weights(x[rows], y[rows]).mean()).backward()
            optimizer.step()
        schedule.step()
    export_torch(HERE / "digits-cvae.h5", model.encode, model.decode, example=(x[:50], y[:50]), covariates="label",
                 encoder_outputs=("mean", "log_variance"), prior="standard-normal", divide_by=16, binarize="threshold",
                 name="conditional VAE of the UCI digits", source="docs/sample/train_conditional.py", license="CC BY 4.0")
    x, y = tensors(images[:IMAGES], labels[:IMAGES])
    with torch.no_grad():
        weights = torch.stack([model.log_weights(x, y) for _ in range(SAMPLES)]).double()
    estimate = torch.logsumexp(weights, 0) - math.log(SAMPLES)
    error = (weights - estimate).exp().std(0) / math.sqrt(SAMPLES)
    REFERENCE.write_text(json.dumps({"samples": SAMPLES, "logLikelihood": estimate.tolist(), "error": error.tolist()}))
    print(f"the first {IMAGES} test images: log p(x | label) {estimate.mean():.3f}")


if __name__ == "__main__":
    main()
