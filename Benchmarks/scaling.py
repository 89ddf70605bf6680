"""How time and memory of `evidence` go with k, examples, width, depth and threads; starting; reading; units.

    /tmp/peers/bin/python Benchmarks/scaling.py [--mnist mnist.h5 --model one-layer.h5]

Needs h5py and numpy for the models that it generates. Every time is the least of some runs, taken in turns, so that a
disturbance has to last. Takes about ten minutes on two cores, and wants a quiet machine; --quick takes one.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from peers import measuring


class Bench:
    def __init__(self, options):
        self.program = options.evidence or measuring.evidence_path()
        self.folder = Path(tempfile.mkdtemp(prefix="evidence-scaling-"))
        self.repeats = 1 if options.quick else options.repeats
        self.quick = options.quick
        self.peaks = {threads: measuring.fma_peak(threads) for threads in (1, 2)}
        self.sources = {}

    def source(self, latent=50, hidden=200, depth=2, output=784, examples=1024, gzip=False):
        """A model with random weights and binary examples for it, and its multiply-adds for a draw."""
        key = (latent, hidden, depth, output, examples, gzip)
        if key not in self.sources:
            name = "-".join(map(str, key))
            model, data = self.folder / f"model-{name}.h5", self.folder / f"data-{name}.h5"
            measuring.run(
                [sys.executable, measuring.HERE / "model_files.py", model, data, "--latent", latent, "--hidden", hidden,
                 "--depth", depth, "--output", output, "--examples", examples] + (["--gzip"] if gzip else []))
            widths = [latent] + [hidden] * depth + [output]
            self.sources[key] = model, data, sum(a * b for a, b in zip(widths, widths[1:]))
        return self.sources[key]

    def nll(self, source, samples, examples, threads=(2, 1), repeats=None):
        """For each number of threads, the least seconds of evaluation and the most resident bytes."""
        model, data, _ = source
        best = {t: [float("inf"), 0] for t in threads}
        for _ in range(repeats or self.repeats):
            for t in threads:
                result, usage = measuring.evidence_nll(
                    self.program, model, data, samples, t, "--dataset", "images", "--examples", f"0..{examples}")
                best[t] = [min(best[t][0], result["timing"]["seconds"]), max(best[t][1], usage.memory)]
        return best

    def row(self, label, source, samples, examples):
        best = self.nll(source, samples, examples)
        share = {t: 2 * source[2] * samples * examples / best[t][0] / self.peaks[t] for t in best}
        return [
            label, f"{examples:,}", f"{samples:,}", f"{best[2][0] / examples * 1e3:.4g}",
            f"{best[2][0] / examples / samples * 1e6:.3f}", f"{100 * share[2]:.0f} %", f"{100 * share[1]:.0f} %",
            f"{best[1][0] / best[2][0]:.2f}", f"{best[2][1] / 1e6:.0f}", f"{best[1][1] / 1e6:.0f}"]


HEADER = ["examples", "k", "ms an image", "µs a draw", "of peak, 2 threads", "of peak, 1", "1 thread to 2",
          "MB, 2 threads", "MB, 1"]


def show(title, first, rows, header=HEADER):
    print(f"\n### {title}\n")
    print(measuring.markdown_table([first] + header, rows), flush=True)


def by_samples(bench):
    paper = bench.source()
    rows = []
    for samples in [50, 500, 5000, 50_000, 500_000]:
        examples = max(2, min(1024, 500_000 // samples))
        rows.append(bench.row(f"k = {samples:,}", paper, samples, examples))
    # Around the chunk and the block, where a step would be.
    for samples in [95, 96, 97, 4999, 5001]:
        rows.append(bench.row(f"k = {samples:,}", paper, samples, min(1024, 500_000 // samples)))
    show("Time and memory by k (50–200–200–784)", "", rows)


def by_examples(bench):
    rows = []
    for examples in [10, 100, 1000, 10_000] + ([] if bench.quick else [60_000]):
        source = bench.source(examples=max(1000, examples))
        rows.append(bench.row(f"N = {examples:,}", source, 100, examples))
    show("By the number of examples", "", rows)


def by_width(bench):
    rows = []
    for width in [16, 64, 128, 256, 512, 1024, 2048, 4096]:
        source = bench.source(hidden=width, examples=64)
        samples = 1000
        examples = max(2, min(64, int(4e10 / (source[2] * samples)) // 2 * 2))
        rows.append(bench.row(f"width {width}", source, samples, examples))
    show("By width (50–w–w–784)", "", rows)


def by_depth(bench):
    rows = []
    for depth in [1, 2, 3, 4, 6, 8, 12]:
        rows.append(bench.row(f"{depth} hidden layers", bench.source(depth=depth, examples=64), 1000, 64))
    show("By depth (50–200–…–200–784)", "", rows)


def starting(bench):
    sample = Path(bench.program).parent / "evidence_EvidenceCommand.resources" / "Resources"
    if not sample.exists():
        sample = measuring.PACKAGE / "Sources" / "EvidenceCommand" / "Resources"
    command = [bench.program, "nll", sample / "digits-iwae-2l.h5", sample / "digits-test.h5", "--samples", 1,
               "--examples", "0..10", "--quiet"]
    runs = [measuring.run(command) for _ in range(3 if bench.quick else 20)]
    times = sorted(usage.seconds for _, usage in runs)
    print(f"\n### Starting\n\n`evidence nll` on the bundled sample, k = 1, 10 examples: {times[0] * 1e3:.0f} ms at best, "
          f"{times[len(times) // 2] * 1e3:.0f} ms in the middle of {len(times)} runs.", flush=True)


def reading(bench):
    rows = []
    examples = 1000 if bench.quick else 10_000
    for samples in [1, 50, 500]:
        best = {}
        for _ in range(bench.repeats):
            for gzip in (False, True):
                found = bench.nll(bench.source(examples=examples, gzip=gzip), samples, examples, (2,), repeats=1)[2][0]
                best[gzip] = min(best.get(gzip, float("inf")), found)
        rows.append(
            [f"k = {samples}", f"{examples:,}", f"{best[False]:.3f}", f"{best[True]:.3f}",
             f"{100 * (best[True] / best[False] - 1):+.1f} %"])
    show("Reading gzip (784 bytes an image, 64 images a chunk)", "", rows, ["examples", "plain, s", "gzip, s", "slower by"])


def units(bench, options):
    if options.mnist:
        model, data, dataset = options.model, options.mnist, "train/images"
    else:
        model, data, _ = bench.source(examples=60_000)
        dataset = "images"
    command = [bench.program, "units", model, data, "--dataset", dataset, "--format", "json", "--quiet"]
    best, memory = float("inf"), 0
    for _ in range(bench.repeats):
        _, usage = measuring.run(command)
        best, memory = min(best, usage.seconds), max(memory, usage.memory)
    print(f"\n### Units\n\n`evidence units` on 60,000 images of 784 elements: {best:.2f} s, {memory / 1e6:.0f} MB, "
          "from start to end of the process.", flush=True)


PARTS = {
    "samples": by_samples, "examples": by_examples, "width": by_width, "depth": by_depth, "starting": starting,
    "reading": reading}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", help="MNIST in HDF5 (train/images) for the units; otherwise random images")
    parser.add_argument("--model", help="a model of MNIST for the units")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="*", choices=[*PARTS, "units"], default=[])
    parser.add_argument("--evidence", help="the command (default: the release build, made if need be)")
    parser.add_argument("--patience", type=int, default=600, help="seconds to wait for the machine to be quiet")
    options = parser.parse_args()
    if options.mnist and not options.model:
        parser.error("--mnist needs --model")
    load = measuring.wait_until_quiet(patience=options.patience)
    bench = Bench(options)
    print(f"{measuring.processor()}; {load}. Peak by fused multiply-adds: "
          + ", ".join(f"{p / 1e9:.0f} GF/s on {t}" for t, p in bench.peaks.items()), flush=True)
    for name, part in PARTS.items():
        if not options.only or name in options.only:
            part(bench)
    if not options.only or "units" in options.only:
        units(bench, options)


if __name__ == "__main__":
    main()
