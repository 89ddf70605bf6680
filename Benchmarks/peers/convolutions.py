"""A convolutional decoder, evaluated by this package and by PyTorch, in one table.

    /tmp/peers/bin/python Benchmarks/peers/convolutions.py

z of 50 → dense 7 · 7 · 64 → transposed 3 × 3, 64 channels, stride 2 → the same, 32 channels → 3 × 3, one channel: 28 × 28 logits.
The weights are random; evidence.export writes them for us. Images are Bernoulli, and a log-weight is all of it: noise,
decoder, likelihood, prior and posterior. PyTorch runs with its tensors in either order, eager and compiled, each in the
best chunk of draws that a sweep finds. Every run is a process of its own, all in turns, and the least time counts.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import measuring

DRAWS = [25, 50, 100, 250, 500]
# Those of the taps that meet a pixel; what is multiplied by padding isn't counted.
MULTIPLY_ADDS = 50 * 7 * 7 * 64 + 20**2 * 64 * 64 + 41**2 * 64 * 32 + 82**2 * 32
TOOLS = [
    ("PyTorch eager, channels last", ["--channels-last"]),
    ("PyTorch eager, channels first", []),
    ("torch.compile, channels last", ["--channels-last", "--compiled"]),
    ("torch.compile, channels first", ["--compiled"]),
]


def networks():
    """The encoder and the decoder, the same every time."""
    import torch
    from torch import nn

    torch.manual_seed(0)

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.mean, self.log_variance = nn.Linear(784, 50), nn.Linear(784, 50)
            # Near the prior, so that the estimates of few images agree to a hundredth of a nat.
            self.mean.weight.data.mul_(0.1)
            self.log_variance.weight.data.mul_(0.1)

        def forward(self, x):
            x = x.flatten(1)
            return self.mean(x), self.log_variance(x)

    decoder = nn.Sequential(
        nn.Linear(50, 7 * 7 * 64), nn.ReLU(), nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 64, 3, 2, 1, output_padding=1), nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 3, 2, 1, output_padding=1), nn.ReLU(), nn.ConvTranspose2d(32, 1, 3, 1, 1))
    decoder[-1].weight.data.mul_(0.2)
    return Encoder().eval(), decoder.eval()


def images(examples):
    import numpy as np

    return np.random.default_rng(1).integers(0, 2, (examples, 1, 28, 28)).astype(np.float32)


def make(folder, examples):
    """The model and the data as files."""
    import h5py

    sys.path.insert(0, str(measuring.PACKAGE / "Sources" / "python"))
    from evidence.export import export_torch

    encoder, decoder = networks()
    export_torch(folder / "model.h5", encoder, decoder, (1, 28, 28), encoder_outputs=("mean", "log_variance"))
    with h5py.File(folder / "data.h5", "w") as file:
        file["images"] = images(examples).astype("uint8")


def run(options):
    """Seconds for an image in PyTorch, and the mean log-likelihood."""
    import math
    import time

    import torch
    from torch.nn import functional as F

    torch.set_num_threads(options.threads)
    encoder, decoder = networks()
    if options.channels_last:
        decoder = decoder.to(memory_format=torch.channels_last)
    x = torch.from_numpy(images(options.examples))

    def log_weights(image, mean, log_variance, noise):
        z = mean + torch.exp(0.5 * log_variance) * noise
        logits = decoder(z)
        target = image.expand_as(logits)
        likelihood = -F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum((1, 2, 3))
        return likelihood + 0.5 * (noise.square() - z.square() + log_variance).sum(1)

    if options.compiled:
        log_weights = torch.compile(log_weights, dynamic=False, options={"freezing": True})

    @torch.no_grad()
    def evaluate(first, last, draws):
        estimates = []
        mean, log_variance = encoder(x[first:last])
        for i in range(last - first):
            weights = torch.cat([
                log_weights(x[first + i][None], mean[i], log_variance[i], torch.randn(draws, 50))
                for _ in range(options.samples // draws)])
            estimates.append(torch.logsumexp(weights.double(), 0).item() - math.log(len(weights)))
        return estimates

    def timed(draws, examples):
        with torch.no_grad():
            for _ in range(3):  # compiles
                log_weights(x[0][None], *(a[0] for a in encoder(x[:1])), torch.randn(draws, 50))
        start = time.perf_counter()
        estimates = evaluate(0, examples, draws)
        return (time.perf_counter() - start) / examples, estimates

    if options.draws:
        seconds, estimates = timed(options.draws, options.examples)
        print(json.dumps({"seconds": seconds, "mean": sum(estimates) / len(estimates)}))
    else:
        print(json.dumps({"draws": min(DRAWS, key=lambda draws: timed(draws, 1)[0])}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=8)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--evidence", help="the command (default: the release build, made if need be)")
    parser.add_argument("--patience", type=int, default=600, help="seconds to wait for the machine to be quiet")
    worker = parser.add_argument_group("a process of its own")
    worker.add_argument("--make", type=Path)
    worker.add_argument("--worker", action="store_true")
    worker.add_argument("--channels-last", action="store_true")
    worker.add_argument("--compiled", action="store_true")
    worker.add_argument("--draws", type=int)
    options = parser.parse_args()
    if options.make:
        return make(options.make, options.examples)
    if options.worker:
        return run(options)

    program = options.evidence or measuring.evidence_path()
    folder = Path(tempfile.mkdtemp(prefix="evidence-convolutions-"))
    itself = [sys.executable, __file__, "--examples", options.examples, "--samples", options.samples,
              "--threads", options.threads]
    measuring.run([*itself, "--make", folder])
    load = measuring.wait_until_quiet(patience=options.patience)
    peak = measuring.fma_peak(options.threads)

    def peer(arguments):
        output, usage = measuring.run([*itself, "--worker", *arguments], options.threads)
        return json.loads(output), usage

    draws = {name: peer(arguments)[0]["draws"] for name, arguments in TOOLS}
    kept = {}

    def keep(name, chunk, seconds, memory, mean):
        best = kept.setdefault(name, [name, chunk, seconds, memory, mean])
        best[2], best[3] = min(best[2], seconds), min(best[3], memory)

    for _ in range(options.rounds):
        result, usage = measuring.evidence_nll(
            program, folder / "model.h5", folder / "data.h5", options.samples, options.threads)
        keep("evidence", "", result["timing"]["seconds"] / options.examples, usage.memory,
             result["logLikelihood"]["mean"])
        for name, arguments in TOOLS:
            result, usage = peer([*arguments, "--draws", draws[name]])
            keep(name, draws[name], result["seconds"], usage.memory, result["mean"])

    ours = kept["evidence"][2]
    print(f"{measuring.processor()}; {load}; {options.threads} threads, k = {options.samples}, {options.examples} images; "
          f"{MULTIPLY_ADDS / 1e6:.2f} million multiply-adds a draw; least of {options.rounds} rounds\n")
    print(measuring.markdown_table(
        ["tool", "chunk", "s an image", "share of peak", "memory, MB", "log-likelihood", "time to ours"],
        [[name, chunk, f"{seconds:.3f}", f"{200 * MULTIPLY_ADDS * options.samples / seconds / peak:.0f} %",
          f"{memory / 1e6:.0f}", f"{mean:.3f}", f"{seconds / ours:.2f}"]
         for name, chunk, seconds, memory, mean in kept.values()]))


if __name__ == "__main__":
    main()
