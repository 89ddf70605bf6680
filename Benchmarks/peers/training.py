"""An epoch of the paper's one-layer model, by this package and by PyTorch, eager and compiled.

    python training.py EVIDENCE mnist.h5 --dataset train/images [--threads 2] [--steps 600]

EVIDENCE is the command of a release build. Batches of 20 images, binarized anew, Adam; VAE with k = 1, IWAE with k = 1, 5 and 50, 784–200–200–50 on
both sides, tanh. Each tool runs alone on the same cores and the time is that of steps after the first ones: neither starting,
reading nor compiling is in it. Tools take turns for --rounds, and the least time of each counts. PyTorch's loop is written as
its own documentation has it: parameters and Adam (foreach, as is its default), one draw of noise for all pairs, log-weights as
a matrix [20, k].
"""

import argparse
import json
import math
import os
import subprocess
import tempfile
import time

import h5py
import numpy


def torch_seconds(images, objective, k, steps, threads, is_compiled):
    import torch
    import torch.nn.functional as F
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    torch.compiler.reset()

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            tanh = nn.Tanh
            self.encoder = nn.Sequential(nn.Linear(784, 200), tanh(), nn.Linear(200, 200), tanh())
            self.mean, self.log_variance = nn.Linear(200, 50), nn.Linear(200, 50)
            self.decoder = nn.Sequential(
                nn.Linear(50, 200), tanh(), nn.Linear(200, 200), tanh(), nn.Linear(200, 784))

        def forward(self, x):
            h = self.encoder(x)
            mean, log_variance = self.mean(h), self.log_variance(h)
            noise = torch.randn(k, x.shape[0], 50)
            z = mean + (0.5 * log_variance).exp() * noise
            logits = self.decoder(z)
            log_p = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
            if objective == "vae":
                divergence = 0.5 * (log_variance.exp() + mean**2 - 1 - log_variance).sum(-1)
                return -(log_p.mean(0) - divergence).mean()
            log_ratio = (-0.5 * z**2 + 0.5 * noise**2 + 0.5 * log_variance).sum(-1)
            return -(torch.logsumexp(log_p + log_ratio, 0) - math.log(k)).mean()

    model = Model()
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-4)
    loss = torch.compile(model) if is_compiled else model
    grey = torch.from_numpy(images).float() / 255
    order = torch.randperm(len(grey))

    def step(i):
        first = i * 20 % (len(grey) - 19)
        x = torch.bernoulli(grey[order[first : first + 20]])
        adam.zero_grad()
        loss(x).backward()
        adam.step()

    for i in range(30):
        step(i)
    # The best third: other work on the machine only adds.
    times = []
    for part in range(3):
        start = time.perf_counter()
        for i in range(steps // 3):
            step(part * steps // 3 + i)
        times.append((time.perf_counter() - start) / (steps // 3))
    return min(times)


def own_seconds(command, images, objective, k, steps, threads):
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "images.h5")
        with h5py.File(data, "w") as file:
            file["images"] = images[: steps // 3 * 20]
        out = subprocess.run(
            [command, "train", data, "-o", os.path.join(folder, "m.h5"), "--architecture", "paper-1", "--divide-by", "255",
             "--binarize", "bernoulli", "--objective", objective, "--samples", str(k), "--epochs", "4", "--threads",
             str(threads), "--checkpoint-seconds", "1000", "--quiet", "--format", "json"],
            check=True, capture_output=True, text=True)
    seconds = [epoch["seconds"] for epoch in json.loads(out.stdout)["history"]]
    # The last epoch also saves, after its time is taken.
    return min(b - a for a, b in zip(seconds, seconds[1:])) / (steps // 3)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command")
    parser.add_argument("data")
    parser.add_argument("--dataset", default="train/images")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--no-torch", action="store_true")
    options = parser.parse_args()
    with h5py.File(options.data) as file:
        images = numpy.asarray(file[options.dataset][: options.steps * 20]).reshape(-1, 784)
    print("| objective | k | evidence, ms a step | PyTorch eager | compiled | best / ours |")
    print("|---|---:|---:|---:|---:|---:|")
    for objective, k in [("vae", 1), ("iwae", 5), ("iwae", 50)]:
        steps = options.steps if k < 50 else options.steps // 4
        ours = eager = compiled = math.inf
        for _ in range(options.rounds):
            ours = min(ours, own_seconds(options.command, images, objective, k, steps, options.threads))
            if options.no_torch:
                continue
            eager = min(eager, torch_seconds(images, objective, k, steps, options.threads, False))
            if not options.no_compile:
                compiled = min(compiled, torch_seconds(images, objective, k, steps, options.threads, True))
        best = min(eager, compiled)
        print(
            f"| {objective} | {k} | {1000 * ours:.2f} | {1000 * eager:.2f} | {1000 * compiled:.2f} | {best / ours:.2f} |",
            flush=True)


if __name__ == "__main__":
    main()
