"""Trains the sample model of the command, a two-layer IWAE of the UCI digits.

    pip install torch scikit-learn h5py
    python docs/sample/train_digits.py              # writes the two HDF5 files, the reference and README.md
    python docs/sample/train_digits.py --validate   # trains on nine tenths of the training part, reports
                                                    # the bound on the tenth; how the settings were chosen

The 1797 images of 8 x 8 pixels with values 0...16 are split once into 1198 for training and 599
for testing. A pixel is 1 where its value is at least 8. The settings below were chosen on the
validation tenth; nothing was chosen on the test set.
"""

import argparse
import math
import pathlib
import time

import h5py
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

import reference

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RESOURCES = ROOT / "Sources/EvidenceCommand/Resources"
FIXTURES = ROOT / "Tests/EvidenceCommandTests/Fixtures"

SEED = 0
SAMPLES = 50            # k of the training bound
BATCH = 32
RATE = 2e-3             # falls to nothing along a half cosine
EPOCHS = 200            # validation is flat from here on
HIDDEN, Z1, UPPER, Z2 = 64, 16, 32, 8


class Normal(nn.Module):
    """A normal conditional: two tanh layers, a mean and a log-variance."""

    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.mean = nn.Linear(hidden, outputs)
        self.log_variance = nn.Linear(hidden, outputs)

    def forward(self, given):
        hidden = self.trunk(given)
        return self.mean(hidden), self.log_variance(hidden)


class Bernoulli(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.logits = nn.Linear(hidden, outputs)

    def forward(self, given):
        return self.logits(self.trunk(given))


def log_normal(x, mean, log_variance):
    return (-0.5 * (math.log(2 * math.pi) + log_variance
                    + (x - mean) ** 2 * torch.exp(-log_variance))).sum(-1)


class DigitsModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.q1 = Normal(64, HIDDEN, Z1)
        self.q2 = Normal(Z1, UPPER, Z2)
        self.p2 = Normal(Z2, UPPER, Z1)
        self.p1 = Bernoulli(Z1, HIDDEN, 64)
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)

    def bound(self, x, samples):
        """L_samples of each row of x."""
        mean, log_variance = self.q1(x)
        z1 = mean + torch.exp(0.5 * log_variance) * torch.randn(samples, *mean.shape)
        log_weight = -log_normal(z1, mean, log_variance)
        mean, log_variance = self.q2(z1)
        z2 = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        log_weight = log_weight - log_normal(z2, mean, log_variance)
        log_weight = log_weight + log_normal(z2, torch.zeros(()), torch.zeros(()))
        log_weight = log_weight + log_normal(z1, *self.p2(z2))
        logits = self.p1(z1)
        log_weight = log_weight + (x * logits - nn.functional.softplus(logits)).sum(-1)
        return torch.logsumexp(log_weight, 0) - math.log(samples)


def train(images, validation=None):
    torch.manual_seed(SEED)
    model = DigitsModel()
    mean = (images.sum(0) + 0.5) / (len(images) + 1)      # no pixel's logit is infinite
    with torch.no_grad():
        model.p1.logits.bias.copy_(torch.logit(mean))
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for epoch in range(1, EPOCHS + 1):
        total = 0.0
        for rows in torch.randperm(len(images)).split(BATCH):
            loss = -model.bound(images[rows], SAMPLES).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total -= loss.item() * len(rows)
        schedule.step()
        if epoch % 25 == 0 or epoch == EPOCHS:
            line = f"epoch {epoch}: L_{SAMPLES} of training {total / len(images):.2f}"
            if validation is not None:
                with torch.no_grad():
                    line += f", L_500 of validation {model.bound(validation, 500).mean():.2f}"
            print(line, flush=True)
    return model


def write_stack(parent, name, layers):
    """Linear layers, each with the activation that follows it."""
    stack = parent.create_group(name)
    for layer in layers:
        if isinstance(layer, nn.Linear):
            group = stack.create_group(str(len(stack)))
            group.attrs["layer"] = "dense"
            group["weight"] = layer.weight.detach().numpy()
            group["bias"] = layer.bias.detach().numpy()
        else:
            group.attrs["activation"] = "tanh"


def write_model(path, model, description):
    with h5py.File(path, "w") as file:
        file.attrs["format"] = "evidence-model"
        file.attrs["version"] = 1
        file.attrs["name"] = "Digits, two-layer IWAE"
        file.attrs["description"] = description
        file.attrs["source"] = "docs/sample/train_digits.py"
        file.attrs["license"] = ("CC BY 4.0, as the data: UCI Optical Recognition of Handwritten Digits, "
                                 "from scikit-learn")
        entry = file.create_group("input")
        entry.attrs["shape"] = [64]
        entry.attrs["divide_by"] = 16.0
        entry.attrs["binarize"] = "threshold"
        for path, module in (("encoder/1", model.q1), ("encoder/2", model.q2),
                             ("decoder/1", model.p1), ("decoder/2", model.p2)):
            group = file.create_group(path)
            write_stack(group, "trunk", module.trunk)
            if isinstance(module, Bernoulli):
                group.attrs["distribution"] = "bernoulli"
                write_stack(group, "logits", [module.logits])
            else:
                group.attrs["distribution"] = "normal"
                write_stack(group, "mean", [module.mean])
                write_stack(group, "log_variance", [module.log_variance])
        file.create_group("prior").attrs["distribution"] = "standard-normal"


def write_test_set(path, images, labels, index):
    with h5py.File(path, "w") as file:
        file.attrs["source"] = (
            "E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning "
            "Repository, 1998, doi:10.24432/C50P49; as packaged by scikit-learn (load_digits)")
        file.attrs["license"] = "CC BY 4.0"
        file.attrs["description"] = "The 599 test images; index is the row in load_digits"
        file.create_dataset("images", data=images.astype(np.uint8), chunks=(100, 8, 8),
                            compression="gzip", compression_opts=9, shuffle=True)
        file["labels"] = labels.astype(np.uint8)
        file["index"] = index.astype(np.int32)


README = """\
# The bundled sample

`evidence demo` runs on two files that come with the command:

| file | what | size |
|---|---|---|
| `Sources/EvidenceCommand/Resources/digits-iwae-2l.h5` | the model | {model_size:.0f} kB |
| `Sources/EvidenceCommand/Resources/digits-test.h5` | `images` uint8 [599, 8, 8], values 0…16; `labels`; `index`, the row in `load_digits` | {data_size:.0f} kB |

**Data.** The 1797 images of E. Alpaydin and C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI
Machine Learning Repository, 1998, [doi:10.24432/C50P49](https://doi.org/10.24432/C50P49), licensed
[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/), as scikit-learn packages them (`load_digits`). Split once
at random: 1198 to train, 599 to test. The file holds the grey values unchanged; the model file says
`divide_by = 16`, `binarize = "threshold"`, so a pixel is 1 from half of the range on.

**Model.** Two stochastic layers of normal latents, tanh: 64–{hidden}–{hidden}–z1 {z1}–{upper}–{upper}–z2 {z2}, the
decoder its mirror image, Bernoulli pixels, a standard normal prior; {parameters} parameters. Trained on the bound
L_{samples} by Adam (batches of {batch}, rate {rate} falling along a half cosine, {epochs} epochs), the
output biases starting at the logits of the pixel means.

**What it reaches.** Float64, numpy, k = 5000, by `reference.py`, which shares no code with the package:

| | images | L_5000 (nats) | data s.e. | Monte Carlo s.e. | ELBO | ESS median (least) |
|---|---|---|---|---|---|---|
{table}

For comparison, pixels taken as independent, each with its mean in training: {baseline:.2f} nats on the test images.

## Make it again
    pip install torch scikit-learn h5py
    python docs/sample/train_digits.py

trains ({minutes:.0f} minutes on one core), writes both files, this page, and
`Tests/EvidenceCommandTests/Fixtures/digits-reference.csv`, the reference that tests compare each image with. Other versions
of PyTorch give other weights; the page and the reference are then rewritten to match. The reference alone:

    python docs/sample/reference.py Sources/EvidenceCommand/Resources/digits-iwae-2l.h5 \\
      Sources/EvidenceCommand/Resources/digits-test.h5 -o Tests/EvidenceCommandTests/Fixtures/digits-reference.csv
"""


def table_row(name, rows):
    n = len(rows)
    return (f"| {name} | {n} | **{rows[:, 0].mean():.2f}** | {rows[:, 0].std(ddof=1) / math.sqrt(n):.2f} "
            f"| {math.sqrt(np.sum(rows[:, 2] ** 2)) / n:.4f} | {rows[:, 1].mean():.2f} "
            f"| {np.median(rows[:, 3]):.0f} ({rows[:, 3].min():.1f}) |")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--validate", action="store_true")
    arguments = options.parse_args()
    torch.set_num_threads(1)

    digits = load_digits()
    order = np.random.RandomState(SEED).permutation(len(digits.images))
    test, training = np.sort(order[:599]), order[599:]
    binary = torch.tensor(digits.data >= 8, dtype=torch.float32)

    start = time.monotonic()
    if arguments.validate:
        train(binary[training[120:]], binary[training[:120]])
        return
    model = train(binary[training])
    seconds = time.monotonic() - start

    RESOURCES.mkdir(parents=True, exist_ok=True)
    FIXTURES.mkdir(parents=True, exist_ok=True)
    model_path, data_path = RESOURCES / "digits-iwae-2l.h5", RESOURCES / "digits-test.h5"
    write_model(model_path, model,
                "UCI digits, 8 x 8, binarized at half of the range; two-layer IWAE trained at "
                f"k = {SAMPLES} on 1198 of the 1797 images")
    write_test_set(data_path, digits.images[test], digits.target[test], test)

    written = reference.Model(model_path)
    with h5py.File(data_path) as file:
        rows = reference.evaluate(written, file["images"][()], 5000)
    training_rows = reference.evaluate(written, digits.images[training], 5000)
    reference.write_csv(FIXTURES / "digits-reference.csv", rows)

    mean = (binary[training].double().sum(0) + 0.5) / (len(training) + 1)
    baseline = torch.distributions.Bernoulli(mean).log_prob(binary[test].double()).sum(1).mean()
    table = table_row("test", rows) + "\n" + table_row("training", training_rows)
    (HERE / "README.md").write_text(README.format(
        model_size=model_path.stat().st_size / 1000, data_size=data_path.stat().st_size / 1000,
        hidden=HIDDEN, z1=Z1, upper=UPPER, z2=Z2, samples=SAMPLES, batch=BATCH, rate=RATE,
        epochs=EPOCHS, parameters=sum(p.numel() for p in model.parameters()),
        table=table, baseline=baseline, minutes=math.ceil(seconds / 60)))
    print(f"trained in {seconds:.0f} s")
    print(table)
    print(f"independent pixels: {baseline:.2f}")


if __name__ == "__main__":
    main()
